import assert from 'node:assert/strict';
import type { WantedFormula } from '../../../agent/contract/operations.js';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';
import { LONGEST_HOLD, OwnWord, type WordedUnit } from '../../../agent/postpone/own-word.js';
import { ManualClock } from '../../manual-clock.js';

const DAY = 86_400_000;
const step = { class: 'eligible', urgent: '' };

/** A unit on formula 1, of which formula `to` is wanted. */
class Scene {
  readonly clock = new ManualClock();
  record: UnitRecord;
  readonly word: OwnWord;
  readonly log: string[] = [];

  constructor(change: Partial<UnitRecord> = {}) {
    const formula = { id: 'p:f-1', sha256: 'a', directory: 'f-1' };
    this.record = { ...newRecord('f/0', 'f', this.now()), state: 'started', formula, ...change };
    const say = (message: string): void => {
      this.log.push(message);
    };
    const note = (more: Partial<UnitRecord>): void => {
      this.record = { ...this.record, ...more };
    };
    const unit: WordedUnit = {
      name: 'f/0',
      parts: { clock: this.clock, log: { debug: say, info: say, warning: say, error: say } },
      record: () => this.record,
      note,
      save: async (more) => note(more),
      now: () => this.now(),
    };
    this.word = new OwnWord(unit);
  }

  now(): string {
    return new Date(this.clock.now()).toISOString();
  }

  wants(to = 'p:f-2', change: Partial<WantedFormula> = {}): this {
    const wanted = { to, force: false, revert: false, revertOnError: false, ...change };
    this.word.regards(wanted, () => []);
    return this;
  }

  async asked(failure?: string): Promise<void> {
    assert.ok(this.word.begin(step));
    this.record = { ...this.record, ...this.word.ended(failure) };
  }
}

describe('the word of a unit’s own formula', () => {
  it('is asked for once for each pair of formulas', async () => {
    const scene = new Scene().wants();
    assert.equal(scene.word.isToBeAsked(), true);
    await scene.asked();
    assert.equal(scene.word.isToBeAsked(), false);
    assert.equal(scene.word.standing(), undefined, 'silence proceeds');
    scene.wants('p:f-3');
    assert.equal(scene.word.isToBeAsked(), true);
    await scene.asked();
    assert.equal(scene.word.isToBeAsked(), false);
  });

  it('is asked for again where the hook has not come to its end', () => {
    const scene = new Scene().wants();
    scene.word.begin(step);
    assert.equal(scene.word.isToBeAsked(), true);
  });

  it('tells the hook what it is about, and until when it may hold', () => {
    const scene = new Scene({ holdsFrom: '2025-12-01T00:00:00.000Z' }).wants();
    assert.deepEqual(scene.word.begin({ class: 'questionable', urgent: 'security' }), {
      unit: 'f/0',
      relation: '',
      from: 'p:f-1',
      to: 'p:f-2',
      class: 'questionable',
      urgent: 'security',
      deadline: '2026-03-01T00:00:00.000Z',
    });
  });

  const holds: readonly (readonly [string, number | undefined, number, number])[] = [
    ['for as long as it says', DAY, 0, DAY],
    ['for as long as it may, where it does not say', undefined, 0, LONGEST_HOLD],
    ['for no longer than it may', 100 * DAY, 0, LONGEST_HOLD],
    ['for what is left since its last upgrade', undefined, 89 * DAY, LONGEST_HOLD - 89 * DAY],
  ];
  for (const [name, ms, since, expected] of holds)
    it(`holds ${name}`, async () => {
      const scene = new Scene();
      scene.record = { ...scene.record, holdsFrom: scene.now() };
      scene.clock.advance(since);
      scene.wants();
      const until = await scene.word.hold(ms, 'audit');
      assert.equal(Date.parse(until) - scene.clock.now(), expected);
      assert.equal(scene.word.standing()?.until, until);
      assert.equal(scene.word.facts()?.hold?.reason, 'audit');
      scene.clock.advance(expected);
      assert.equal(scene.word.standing(), undefined, 'it ends by itself');
    });

  it('is on record once for each hold that it begins', async () => {
    const scene = new Scene().wants();
    await scene.word.hold(DAY, 'audit');
    await scene.word.hold(2 * DAY, 'audit');
    scene.clock.advance(3 * DAY);
    await scene.word.hold(DAY, undefined);
    const { news = [] } = scene.record;
    assert.deepEqual(
      news.map(({ what, to, message }) => [what, to, message]),
      [
        ['hold-upgrade', 'p:f-2', 'its formula holds its upgrade until 2026-01-02T00:00:00.000Z: audit'],
        ['hold-upgrade', 'p:f-2', 'its formula holds its upgrade until 2026-01-05T00:00:00.000Z'],
      ],
    );
  });

  it('is on record where it holds since its hook failed', async () => {
    const scene = new Scene().wants();
    await scene.asked('exit 3');
    assert.match(
      scene.record.news?.at(-1)?.message ?? '',
      /^its formula holds its upgrade until .*: exit 3$/,
    );
  });

  it('holds no longer than it may by holding again, nor for another formula', async () => {
    const scene = new Scene().wants();
    await scene.word.hold(undefined, undefined);
    scene.clock.advance(LONGEST_HOLD);
    for (const to of ['p:f-2', 'p:f-3']) {
      scene.wants(to);
      await assert.rejects(
        scene.word.hold(DAY, undefined),
        /may hold no upgrade any longer: 90 days are over/,
      );
    }
  });

  it('may hold again after an upgrade', async () => {
    const scene = new Scene({ holdsFrom: '2020-01-01T00:00:00.000Z' }).wants();
    await assert.rejects(scene.word.hold(DAY, undefined));
    scene.record = { ...scene.record, holdsFrom: scene.now() };
    await scene.word.hold(DAY, undefined);
    assert.ok(scene.word.standing());
  });

  it('holds where the hook failed, whatever it said, and says why', async () => {
    const scene = new Scene().wants();
    scene.word.begin(step);
    await scene.word.proceed();
    scene.record = { ...scene.record, ...scene.word.ended('exit status 1') };
    assert.equal(scene.word.standing()?.failure, 'exit status 1');
    assert.equal(scene.word.isToBeAsked(), false);
    scene.clock.advance(LONGEST_HOLD);
    assert.equal(scene.word.standing(), undefined);
  });

  it('goes on where the hook failed and nothing is left of its time, and says so', async () => {
    const scene = new Scene({ holdsFrom: '2020-01-01T00:00:00.000Z' }).wants();
    await scene.asked('exit status 1');
    assert.equal(scene.word.standing(), undefined);
    assert.match(scene.log.join(), /exit status 1; its upgrade goes on/);
  });

  it('is taken back by upgrade-proceed', async () => {
    const scene = new Scene().wants();
    await scene.word.hold(DAY, undefined);
    await scene.word.proceed();
    assert.equal(scene.word.standing(), undefined);
  });

  it('is about one upgrade alone', async () => {
    const scene = new Scene().wants();
    await scene.word.hold(DAY, undefined);
    scene.wants('p:f-3');
    assert.equal(scene.word.standing(), undefined);
  });

  it('says nothing on the way back, of none and of one that goes ahead', async () => {
    const scene = new Scene();
    await assert.rejects(scene.word.hold(DAY, undefined), /no upgrade is wanted of f\/0/);
    assert.equal(scene.word.facts(), undefined);
    scene.wants('p:f-0', { revert: true });
    await assert.rejects(scene.word.hold(DAY, undefined), /no upgrade is wanted of f\/0/);
    await scene.word.proceed();
  });
});
