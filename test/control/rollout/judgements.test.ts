import assert from 'node:assert/strict';
import fc from 'fast-check';
import { judge } from '../../../control/rollout/judge.js';
import { Judgements } from '../../../control/rollout/judgements.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { rulesOf } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';

const [one, two] = ['principia:web-1', 'principia:web-2'];
const now = Date.UTC(2026, 0, 1, 12);

/** Seconds before now, as an instant. */
const ago = (seconds: number): string => new Date(now - seconds * 1_000).toISOString();

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: ago(60),
  parameters: { 'min-healthy': '30s', 'health-deadline': '2m' },
  state: 'running',
  stateSince: ago(60),
  countedFrom: ago(60),
};

const at: RolloutUnit = {
  name: 'web/0',
  formula: two,
  agentUp: true,
  machine: 'm0',
  state: 'started',
  since: ago(5),
  message: '',
  bad: [],
  relationsInError: [],
  leaving: false,
};

const rules = rulesOf(begun.parameters);

type Row = readonly [rule: string, unit: RolloutUnit, second: Rollout, seconds: number, isSame: boolean];

/** A second look, so many seconds later: whether it takes what the first one found. */
const rows: readonly Row[] = [
  ['keeps what it found of the same unit', at, begun, 1, true],
  ['keeps it until time alone changes it', at, begun, 24, true],
  ['looks anew at the moment when time changes it', at, begun, 25, false],
  ['keeps it when other units were asked', at, { ...begun, flaggedAt: ago(0) }, 1, true],
  ['looks anew in another state', at, { ...begun, state: 'paused' }, 1, false],
  ['looks anew once it goes back', at, { ...begun, revert: true }, 1, false],
  ['looks anew once failures count from later', at, { ...begun, countedFrom: ago(1) }, 1, false],
  ['looks anew where a word was taken away', at, withoutParameters(begun), 1, false],
  ['looks anew when its clock was set back', at, begun, -1, false],
  ['trusts no clock that is ahead', { ...at, since: ago(-5) }, begun, 1, false],
  ['trusts no flag from ahead', { ...at, flag: { to: two, requestedAt: ago(-5) } }, begun, 1, false],
  ['keeps that a unit is held until the hold ends', held(), begun, 29, true],
  ['looks anew at the moment when a hold ends', held(), begun, 30, false],
  ['keeps nothing of a unit whose instants cannot be read', { ...at, since: '' }, begun, 1, false],
];

function held(): RolloutUnit {
  const by = { kind: 'held', reason: 'held by bob@host: stock-taking', since: ago(5) };
  return { ...at, formula: one, held: { ...by, until: ago(-30), ends: 'ensemble unhold-upgrade web' } };
}

function withoutParameters({ parameters: _, ...rollout }: Rollout): Rollout {
  return { ...rollout, parameters: {} };
}

describe('what was found of a unit', () => {
  for (const [rule, unit, second, seconds, isSame] of rows)
    it(rule, () => {
      const judgements = new Judgements();
      const [first] = judgements.of([unit], begun, rules, now);
      const [again] = judgements.of([unit], second, rulesOf(second.parameters), now + seconds * 1_000);
      assert.equal(again === first, isSame);
    });

  it('is nothing for one that leaves', () => {
    assert.deepEqual(new Judgements().of([{ ...at, leaving: true }], begun, rules, now), []);
  });

  it('is what one finds who looks for the first time, however often it was looked before', () => {
    const unit = fc.record({
      name: fc.constant('web/0'),
      formula: fc.constantFrom(one, two, null),
      agentUp: fc.boolean(),
      machine: fc.constant('m0'),
      state: fc.constantFrom('started', 'upgrading', 'upgrade-error'),
      since: fc.integer({ min: -20, max: 120 }).map(ago),
      message: fc.constant(''),
      bad: fc.constantFrom([], [two]),
      relationsInError: fc.constant([]),
      leaving: fc.constant(false),
      held: fc.option(
        fc.integer({ min: -200, max: 60 }).map((seconds) => ({
          ...{ kind: 'held', reason: 'held by bob@host: stock-taking', since: ago(300) },
          ...{ until: ago(seconds), ends: 'ensemble unhold-upgrade web' },
        })),
        { nil: undefined },
      ),
      flag: fc.option(
        fc.record({ to: fc.constant(two), requestedAt: fc.integer({ min: -9, max: 90 }).map(ago) }),
        {
          nil: undefined,
        },
      ),
    });
    const look = fc.record({
      unit: fc.nat(2),
      seconds: fc.integer({ min: -2, max: 40 }),
      change: fc.constantFrom(
        {},
        { flaggedAt: ago(1) },
        { flaggedAt: ago(2) },
        { state: 'paused' },
        { state: 'running' },
      ),
    });
    fc.assert(
      fc.property(
        fc.array(unit, { minLength: 3, maxLength: 3 }),
        fc.array(look, { maxLength: 12 }),
        (made, looks) => {
          const units = made.map(
            ({ flag, held, ...rest }): RolloutUnit => ({
              ...rest,
              ...(flag && { flag }),
              ...(held && { held }),
            }),
          );
          const judgements = new Judgements();
          let [time, rollout] = [now, begun];
          for (const each of looks) {
            time += each.seconds * 1_000;
            rollout = { ...rollout, ...each.change };
            const seen = units.slice(0, each.unit + 1);
            const fresh = seen.map((unit) => judge(unit, rollout, rules, time));
            assert.deepEqual(judgements.of(seen, rollout, rules, time), fresh);
          }
        },
      ),
    );
  });
});
