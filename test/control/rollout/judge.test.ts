import assert from 'node:assert/strict';
import {
  isAtGate,
  isHealthy,
  isUnderWay,
  instantOf,
  judge,
  type Judged,
} from '../../../control/rollout/judge.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { type RolloutParameters, rulesOf } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';
import { ago, begun, flag, now, three, two, unitWith, upgrade } from './begun-rollout.js';

interface Expected {
  readonly standing: Judged['standing'];
  readonly away?: true;
  /** Seconds from now. */
  readonly wakes?: number;
  readonly failure?: string;
}

type Row = readonly [
  unit: string,
  change: Partial<RolloutUnit>,
  expected: Expected,
  parameters?: RolloutParameters,
  rollout?: Partial<Rollout>,
];

const upgrading = { state: 'upgrading', since: ago(20), flag, upgrade };
const long = { stateSince: ago(900), countedFrom: ago(900) };
const inError = { state: 'upgrade-error', since: ago(10), message: 'exit 1', flag, upgrade };

const rows: readonly Row[] = [
  ['waits that was not asked', {}, { standing: 'waiting' }],
  ['waits, and is away, whose agent is', { agentUp: false }, { standing: 'waiting', away: true }],
  ['is asked that has a flag', { flag }, { standing: 'asked', away: true, wakes: 270 }],
  ['is asked that is on its way', upgrading, { standing: 'asked', away: true, wakes: 280 }],
  [
    'has a longer deadline where one is set',
    { flag },
    { standing: 'asked', away: true, wakes: 570 },
    { 'health-deadline': '10m' },
  ],
  [
    'has no deadline while the rollout is paused',
    { flag },
    { standing: 'asked', away: true },
    {},
    { state: 'paused' },
  ],
  ['has none while its agent is away', { flag, agentUp: false }, { standing: 'asked', away: true }],
  ['waits that others lead elsewhere', { flag: { ...flag, to: three } }, { standing: 'waiting', away: true }],
  ['is there on the formula', { formula: two }, { standing: 'there' }],
  [
    'is absent on the formula without its agent',
    { formula: two, agentUp: false },
    { standing: 'absent', away: true },
  ],
  [
    'settles as long as it is to be healthy',
    { formula: two, since: ago(5) },
    { standing: 'settling', away: true, wakes: 25 },
    { 'min-healthy': '30s' },
  ],
  [
    'is there once it was healthy for so long',
    { formula: two, since: ago(30) },
    { standing: 'there' },
    { 'min-healthy': '30s' },
  ],
  [
    'settles ten seconds by its health-check',
    { formula: two, health: { healthy: true, since: ago(4), reason: '' } },
    { standing: 'settling', away: true, wakes: 6 },
  ],
  [
    'settles that is not healthy',
    { formula: two, health: { healthy: false, since: ago(4), reason: 'no page' } },
    { standing: 'settling', away: true, wakes: 296 },
  ],
  [
    'fails that is not healthy in time',
    { formula: two, health: { healthy: false, since: ago(400), reason: 'no page' } },
    { standing: 'failed', away: true, failure: 'not healthy within 300 s: no page' },
    {},
    long,
  ],
  [
    'settles with a relation in error',
    { formula: two, since: ago(5), relationsInError: ['db:4'] },
    { standing: 'settling', away: true, wakes: 295 },
  ],
  [
    'fails by an error of its upgrade',
    inError,
    { standing: 'failed', away: true, failure: 'upgrade-error: exit 1' },
  ],
  [
    'fails by an error on the formula since the rollout counts',
    { formula: two, state: 'start-error', since: ago(10) },
    { standing: 'failed', away: true, failure: 'start-error' },
  ],
  ['is ill by an error of before', { state: 'start-error' }, { standing: 'ill', away: true }],
  [
    'is ill by an error of before on the formula',
    { formula: two, state: 'start-error' },
    { standing: 'ill', away: true },
  ],
  [
    'waits in an error that it is forced out of',
    { state: 'start-error' },
    { standing: 'waiting', away: true },
    {},
    { force: true },
  ],
  [
    'is asked over its error',
    { state: 'start-error', flag: { ...flag, over: ago(3_600) } },
    { standing: 'asked', away: true, wakes: 270 },
  ],
  [
    'failed that went back by itself',
    { since: ago(10), bad: [two] },
    { standing: 'failed', failure: 'started' },
  ],
  ['is out that went back before', { bad: [two] }, { standing: 'out' }],
  ['waits that went back before, by force', { bad: [two] }, { standing: 'waiting' }, {}, { force: true }],
  ['is out on a later formula', { formula: three }, { standing: 'out' }],
  [
    'waits on a later formula on the way back',
    { formula: three },
    { standing: 'waiting' },
    {},
    { revert: true, state: 'reverting' },
  ],
  ['is held', { held: { reason: 'held by bob', since: ago(9) } }, { standing: 'held' }],
  [
    'is held until an instant',
    { held: { reason: 'held by bob', since: ago(9), until: ago(-60) } },
    { standing: 'held', wakes: 60 },
  ],
  [
    'is held by nobody by force',
    { held: { reason: 'held by bob', since: ago(9) } },
    { standing: 'waiting' },
    {},
    { force: true },
  ],
  ['comes that has nothing installed', { formula: null, state: 'installing' }, { standing: 'coming' }],
  ['cannot be read', { damage: '/units/web-0 is damaged', state: 'unknown' }, { standing: 'unreadable' }],
];

describe('how a unit is judged', () => {
  for (const [what, change, { standing, away = false, wakes, failure }, parameters = {}, more = {}] of rows)
    it(`one ${what}: ${standing}`, () => {
      const rollout: Rollout = { ...begun, ...more, parameters };
      const judged = judge(unitWith(change), rollout, rulesOf(parameters), now);
      assert.deepEqual(
        {
          standing: judged.standing,
          away: judged.away,
          wakes: judged.wakeAt === undefined ? undefined : (judged.wakeAt - now) / 1_000,
          failure: judged.failure,
        },
        { standing, away, wakes, failure },
      );
    });

  it('got further when it, its upgrade or what that waited for did last', () => {
    const furtherAt = (change: Partial<RolloutUnit>): number =>
      (now - judge(unitWith(change), begun, rulesOf({}), now).furtherAt) / 1_000;
    assert.equal(furtherAt({}), 3_600);
    assert.equal(furtherAt({ upgrade }), 20);
    assert.equal(furtherAt({ upgrade: { ...upgrade, waitedUntil: ago(5) } }), 5);
  });
});

describe('a unit', () => {
  const beside = { ...upgrade, step: 'staging' };
  const health = (healthy: boolean) => ({ health: { healthy, since: ago(9), reason: '' } });
  for (const [what, change, healthy, underWay] of [
    ['at rest', {}, true, false],
    ['without its agent', { agentUp: false }, false, false],
    ['in an error', { state: 'start-error' }, false, false],
    ['with a relation in error', { relationsInError: ['db:4'] }, false, false],
    ['that is unhealthy', health(false), false, false],
    ['that is healthy', health(true), true, false],
    ['with an upgrade that is prepared beside it', { upgrade: beside }, true, false],
    ['that pauses', { upgrade: { ...upgrade, step: 'pausing' } }, false, true],
    ['that is upgraded', upgrading, false, true],
    ['that cannot be read', { damage: 'damaged' }, false, false],
  ] as const)
    it(`${what} is ${healthy ? '' : 'not '}healthy, and ${underWay ? '' : 'not '}under way`, () => {
      const unit = unitWith(change);
      assert.deepEqual([isHealthy(unit), isUnderWay(unit)], [healthy, underWay]);
    });

  for (const [what, change, gate, expected] of [
    ['that is ready waits for the others', { upgrade: { ...upgrade, lockstep: 'r1' } }, undefined, true],
    ['goes on when they go', { state: 'upgrading', upgrade: { ...upgrade, lockstep: 'r1' } }, 'go', false],
    [
      'whose hook is through waits for theirs',
      { state: 'upgrading', upgrade: { ...upgrade, step: 'committing', lockstep: 'r1' } },
      'go',
      true,
    ],
    [
      'waits for nobody once all resume',
      { upgrade: { ...upgrade, step: 'committing', lockstep: 'r1' } },
      'resume',
      false,
    ],
    ['by itself waits for nobody', { upgrade }, undefined, false],
  ] as const)
    it(`in lockstep ${what}`, () => assert.equal(isAtGate(unitWith(change), gate), expected));
});

describe('an instant that somebody wrote', () => {
  for (const [what, text, otherwise, expected] of [
    ['is itself', ago(60), 0, -60],
    ['of a clock a little ahead is now', ago(-60), 0, 0],
    ['of a clock far ahead says nothing', ago(-600), now - 5_000, -5],
    ['that cannot be read says nothing', 'soon', now - 5_000, -5],
    ['that was never written says nothing', undefined, now - 5_000, -5],
  ] as const)
    it(what, () => assert.equal((instantOf(text, now, otherwise) - now) / 1_000, expected));
});
