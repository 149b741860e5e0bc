import assert from 'node:assert/strict';
import { blockersOf } from '../../../control/rollout/blockers.js';
import { limitsOf } from '../../../control/rollout/choose.js';
import { judge } from '../../../control/rollout/judge.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { type RolloutParameters, rulesOf } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';
import { ago, begun, flag, now, three, two, unitWith, upgrade } from './begun-rollout.js';

interface Case {
  /** Of `web/0`; the others are there, but for what is named. */
  readonly unit: Partial<RolloutUnit>;
  readonly others?: readonly Partial<RolloutUnit>[];
  readonly parameters?: RolloutParameters;
  readonly rollout?: Partial<Rollout>;
}

const there = { formula: two };
const busy = {
  kind: 'busy',
  reason: 'a backup runs',
  since: ago(9),
  until: ago(-60),
  ends: 'the backup ends',
};
const canary: Case = { unit: {}, parameters: { canary: '1' } };
const waits: Partial<Rollout> = { state: 'paused', gate: 'canary', reason: 'the canary is healthy' };
const again = 'ensemble upgrade-formula --revision 2';
const byItself = 'it goes on by itself';

/** Kind, reason and what ends it, of `web/0`. */
const rows: readonly (readonly [string, Case, readonly [string, string, string] | undefined])[] = [
  ['there', { unit: there }, undefined],
  [
    'waits for its turn',
    { unit: {}, others: [{ flag }] },
    ['turn', 'not its turn: web/1 first (max-parallel 25%)', byItself],
  ],
  [
    'waits for several',
    { unit: {}, others: [{ flag }, { flag }] },
    ['turn', 'not its turn: web/1 and 1 more first (max-parallel 25%)', byItself],
  ],
  ['is next', { unit: {}, others: [there] }, ['turn', 'it is not its turn', byItself]],
  [
    'waits for a canary',
    { ...canary, others: [{ flag }] },
    ['canary', 'the canary is tried first', 'ensemble rollout promote web, once it is healthy'],
  ],
  [
    'waits for a word on the canary',
    { ...canary, others: [there], rollout: waits },
    ['canary', 'the canary is healthy', 'ensemble rollout promote web'],
  ],
  [
    'waits, and the canary is gone',
    { ...canary, others: [{}], rollout: waits },
    ['canary', 'the canary was removed', 'ensemble rollout resume web'],
  ],
  [
    'waits, and the canary is not whole',
    { unit: {}, others: [there], parameters: { canary: '2' }, rollout: waits },
    [
      'canary',
      'the canary is healthy, and has 1 unit too few',
      'ensemble rollout promote web, or ensemble rollout resume web to have another tried',
    ],
  ],
  [
    'waits after a wave',
    { unit: {}, rollout: { state: 'paused', gate: 'wave', reason: 'the wave is healthy' } },
    ['wave', 'the wave is healthy', 'ensemble rollout resume web'],
  ],
  [
    'waits as somebody says',
    { unit: {}, rollout: { state: 'paused', gate: 'operator', stateBy: 'bob@host', reason: 'lunch' } },
    ['paused', 'paused by bob@host: lunch', 'ensemble rollout resume web'],
  ],
  [
    'waits as somebody says who gives no reason',
    { unit: {}, rollout: { state: 'paused', gate: 'operator', stateBy: 'bob@host' } },
    ['paused', 'paused by bob@host', 'ensemble rollout resume web'],
  ],
  [
    'waits in one that failed',
    { unit: {}, rollout: { state: 'failed', reason: 'web/3 failed' } },
    ['failed', 'web/3 failed', 'ensemble rollout retry web'],
  ],
  [
    'was left by one that was aborted',
    { unit: {}, rollout: { state: 'aborted', stateBy: 'bob@host' } },
    ['aborted', 'aborted by bob@host', `${again} web`],
  ],
  [
    'was left on its way back',
    { unit: there, rollout: { state: 'aborted', revert: true, stateBy: 'bob@host' } },
    ['aborted', 'aborted by bob@host', 'ensemble revert-formula web'],
  ],
  [
    'was left by one that another took over',
    { unit: {}, rollout: { state: 'superseded', reason: 'the service was set to 3' } },
    ['superseded', 'the service was set to 3', 'ensemble status'],
  ],
  [
    'is behind one that is over',
    { unit: {}, rollout: { state: 'done', closed: true } },
    ['over', 'the rollout is done, and asks nobody any more', `${again} web`],
  ],
  ['has no agent', { unit: { agentUp: false } }, ['agent', 'no agent is running on m1', 'its agent returns']],
  [
    'has no machine',
    { unit: { agentUp: false, machine: null, formula: null } },
    ['agent', 'no machine yet', 'its agent returns'],
  ],
  [
    'is held',
    { unit: { held: { ...busy, reason: 'held by bob', ends: 'ensemble unhold-upgrade web' } } },
    ['held', 'held by bob', 'ensemble unhold-upgrade web'],
  ],
  [
    'is in an error of before',
    { unit: { state: 'start-error' } },
    ['error', 'it is in start-error', 'ensemble resolved --retry web/0'],
  ],
  [
    'failed, and so did the rollout',
    {
      unit: { state: 'upgrade-error', since: ago(9), message: 'exit 1', flag, upgrade },
      rollout: { state: 'failed' },
    },
    ['failed', 'upgrade-error: exit 1', 'ensemble rollout retry web'],
  ],
  [
    'failed, and the rollout goes on',
    { unit: { state: 'upgrade-error', since: ago(9), flag, upgrade }, parameters: { 'max-failed': '1' } },
    ['failed', 'upgrade-error', 'ensemble resolved --retry web/0'],
  ],
  [
    'went back by itself, and the rollout goes on',
    { unit: { since: ago(9), bad: [two] }, parameters: { 'max-failed': '1' } },
    ['failed', 'started', `${again} --force --unit web/0 web`],
  ],
  [
    'went back before',
    { unit: { bad: [two] } },
    ['bad', 'it went back from that formula', `${again} --force web`],
  ],
  [
    'runs a later one',
    { unit: { formula: three } },
    ['bad', 'it runs a later formula', 'ensemble revert-formula web/0'],
  ],
  [
    'cannot be read',
    { unit: { damage: '/units/web-0 is damaged' } },
    ['unreadable', '/units/web-0 is damaged', 'ensemble status'],
  ],
  ['has not begun', { unit: { flag } }, ['upgrade', 'its agent has not begun', byItself]],
  ['is at its hook', { unit: { flag, state: 'upgrading', upgrade } }, ['upgrade', 'it is at hook', byItself]],
  [
    'is busy',
    { unit: { flag, upgrade: { ...upgrade, step: 'waiting', blockers: [busy] } } },
    ['busy', 'a backup runs', 'the backup ends'],
  ],
  [
    'says something of a later release',
    { unit: { flag, upgrade: { ...upgrade, blockers: [{ reason: 'the moon', since: ago(9) }] } } },
    ['upgrade', 'the moon', byItself],
  ],
  [
    'is not healthy for long enough',
    { unit: { ...there, since: ago(5) }, parameters: { 'min-healthy': '30s' } },
    ['health', 'it is not healthy for long enough yet', byItself],
  ],
  [
    'is unhealthy',
    { unit: { ...there, health: { healthy: false, since: ago(5), reason: 'no page' } } },
    ['health', 'not healthy yet: no page', byItself],
  ],
  [
    'has a relation in error',
    { unit: { ...there, since: ago(5), relationsInError: ['db:4'] } },
    ['relation-error', 'relation db:4 is in error', 'ensemble resolved --retry web/0 db:4'],
  ],
  [
    'is installed',
    { unit: { formula: null, state: 'installing' } },
    ['install', 'it is installing', byItself],
  ],
];

function blockersIn({ unit, others = [there], parameters = {}, rollout: change = {} }: Case) {
  const rollout: Rollout = { ...begun, parameters, ...change };
  const rules = rulesOf(parameters);
  const units = [unit, ...others].map((each, index) => judge(unitWith(each, index), rollout, rules, now));
  return blockersOf(rollout, rules, units, limitsOf(rollout, rules, units), now);
}

describe('what keeps a unit', () => {
  for (const [what, each, expected] of rows)
    it(`that ${what}`, () => {
      const own = blockersIn(each).filter(({ who }) => who === 'web/0');
      assert.deepEqual(
        own.map(({ kind, reason, ends }) => [kind, reason, ends]),
        expected === undefined ? [] : [expected],
      );
    });

  it('since when and until when is told', () => {
    const [held] = blockersIn({ unit: { held: { ...busy, ends: 'it ends' } } });
    assert.deepEqual([held?.since, held?.until], [ago(9), ago(-60)]);
    const [asked] = blockersIn({ unit: { flag } });
    assert.deepEqual([asked?.since, asked?.until], [ago(3_600), ago(-270)]);
    const [paused] = blockersIn({ unit: {}, rollout: { state: 'paused', gate: 'operator' } });
    assert.deepEqual([paused?.since, paused?.until], [ago(60), null]);
  });

  it('is told of each thing that its agent says', () => {
    const blockers = [busy, { ...busy, kind: 'held', reason: 'db/0 holds it' }];
    const found = blockersIn({ unit: { flag, upgrade: { ...upgrade, step: 'waiting', blockers } } });
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['busy', 'held'],
    );
  });

  it('in lockstep is whom all wait for, who names the way on without it', () => {
    const ready = {
      flag,
      upgrade: {
        ...upgrade,
        step: 'waiting',
        lockstep: 'r1',
        blockers: [{ kind: 'lockstep', reason: 'it is ready', since: ago(9) }],
      },
    };
    const parameters = { strategy: 'lockstep' };
    const found = blockersIn({ unit: ready, others: [{ agentUp: false }], parameters });
    assert.deepEqual(
      found.map(({ kind, reason, ends }) => [kind, reason, ends]),
      [
        ['lockstep', 'it goes together with the others, and waits for web/1', byItself],
        [
          'agent',
          'no agent is running on m1',
          `its agent returns; without it: ${again} --strategy lockstep --allow-missing web`,
        ],
      ],
    );
  });
});
