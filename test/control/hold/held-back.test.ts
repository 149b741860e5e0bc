import assert from 'node:assert/strict';
import { sortHeld } from '../../../control/hold/held-back.js';
import { type Hold, longestHold, standingHolds } from '../../../state/model/hold.js';

const hold = (holder: string, more: Partial<Hold> = {}): Hold => ({
  holder,
  since: '2026-01-01T00:00:00Z',
  level: 'all',
  reason: 'r',
  ...more,
});
const units = ['a/0', 'a/1', 'a/2'];

interface Row {
  readonly name: string;
  readonly holds: readonly Hold[];
  readonly named?: readonly string[];
  readonly force?: true;
  readonly going: readonly string[];
  readonly held?: readonly string[];
  readonly overridden?: readonly string[];
}

/** What holds say of the three units of a service that are to be asked. */
const rows: readonly Row[] = [
  { name: 'no hold: all go', holds: [], going: units },
  {
    name: 'a held unit is left out',
    holds: [hold('ann', { unit: 'a/1' })],
    going: ['a/0', 'a/2'],
    held: ['a/1'],
  },
  { name: 'a held service keeps all', holds: [hold('ann')], going: [], held: units },
  { name: 'what only programs heed keeps nobody', holds: [hold('ann', { level: 'auto' })], going: units },
  {
    name: 'a level of a later release keeps as the strictest does',
    holds: [hold('ann', { level: 'strict', unit: 'a/0' })],
    going: ['a/1', 'a/2'],
    held: ['a/0'],
  },
  {
    name: 'a hold on a unit that is not asked is nothing',
    holds: [hold('ann', { unit: 'a/7' })],
    going: units,
  },
  {
    name: 'by force all go, and whose hold that was is known',
    holds: [hold('ann', { unit: 'a/1' })],
    force: true,
    going: units,
    overridden: ['a/1'],
  },
  {
    name: 'a named unit that is not held goes',
    holds: [hold('ann', { unit: 'a/1' })],
    named: ['a/0'],
    going: ['a/0'],
  },
];

describe('what holds keep from an upgrade', () => {
  for (const { name, holds, named, force = false, going, held = [], overridden = [] } of rows)
    it(name, () => {
      const sorted = sortHeld(named ?? units, holds, { service: 'a', force, named });
      assert.deepEqual(sorted.going, going);
      assert.deepEqual(
        sorted.held.map(({ unit }) => unit),
        held,
      );
      assert.deepEqual(
        sorted.overridden.map(({ unit }) => unit),
        overridden,
      );
    });

  it('refuses a named unit that is held, by every hold on it', () => {
    const holds = [
      hold('ann', { unit: 'a/1' }),
      hold('bob', { unit: 'a/1', until: '2030-01-01T00:00:00.000Z' }),
    ];
    assert.throws(() => sortHeld(['a/1'], holds, { service: 'a', force: false, named: ['a/1'] }), {
      code: 'upgrade-held',
      message: 'a/1 is held by ann: r; held by bob until 2030-01-01T00:00:00Z: r',
    });
  });

  it('names the service where that is what is held', () => {
    assert.throws(() => sortHeld(['a/1'], [hold('ann')], { service: 'a', force: false, named: ['a/1'] }), {
      message: 'a is held by ann: r',
    });
  });
});

describe('a hold', () => {
  const now = Date.parse('2026-06-01T00:00:00Z');
  it('stands until its time, and without one until it is ended', () => {
    const until = (time: string): Hold => hold(time, { until: time });
    const holds = [
      hold('ann'),
      until('2026-05-31T23:59:59Z'),
      until('2026-06-01T00:00:00Z'),
      until('2026-06-01T00:00:01Z'),
    ];
    assert.deepEqual(
      standingHolds(holds, now).map(({ holder }) => holder),
      ['ann', '2026-06-01T00:00:01Z'],
    );
  });

  it('whose time cannot be read stands', () => {
    assert.equal(standingHolds([hold('ann', { until: 'soon' })], now).length, 1);
  });

  it('is the longest where it ends last, or never', () => {
    const [short, long] = [
      hold('a', { until: '2026-01-02T00:00:00Z' }),
      hold('b', { until: '2026-01-03T00:00:00Z' }),
    ];
    assert.equal(longestHold([short, long]), long);
    assert.equal(longestHold([long, hold('c'), short])?.holder, 'c');
    assert.equal(longestHold([]), undefined);
  });
});
