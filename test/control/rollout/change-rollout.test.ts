import assert from 'node:assert/strict';
import { changedRollout } from '../../../control/rollout/change-rollout.js';
import type { Judged, RolloutStanding } from '../../../control/rollout/judge.js';
import type { RolloutParameters } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';

const at = '2026-01-01T00:00:00Z';
const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: 'p:web-1',
  to: 'p:web-2',
  revertTo: 'p:web-1',
  by: 'ann@host',
  requestedAt: at,
  parameters: { strategy: 'rolling', 'max-parallel': '2' },
  state: 'running',
  stateSince: at,
  countedFrom: at,
};

function judged(standings: string): readonly Judged[] {
  return standings.split(' ').map((standing, index) => ({
    standing: standing as RolloutStanding,
    away: standing !== 'there' && standing !== 'waiting',
    furtherAt: Date.parse(at),
    unit: {
      name: `web/${index}`,
      formula: null,
      agentUp: true,
      machine: 'm0',
      state: 'started',
      since: at,
      message: '',
      bad: [],
      relationsInError: [],
      leaving: false,
    },
  }));
}

const rows: readonly (readonly [
  rule: string,
  asked: RolloutParameters,
  units: string,
  expected: RolloutParameters | RegExp | 'same',
  allowed?: number | undefined,
  rollout?: Partial<Rollout>,
])[] = [
  ['what it has is the same', { 'max-parallel': '2' }, 'there waiting', 'same'],
  ['more at once', { 'max-parallel': '3' }, 'there waiting', { 'max-parallel': '3' }],
  [
    'a pause after those that are taken on',
    { 'pause-after': 'all' },
    'there asked waiting',
    { 'pause-after': 'all' },
    2,
  ],
  [
    'a pause after the first wave, where none began',
    { 'pause-after': 'first' },
    'waiting waiting waiting',
    { 'pause-after': 'first' },
    2,
  ],
  [
    'a wave of the size that is said with it',
    { 'pause-after': 'all', 'max-parallel': '1' },
    'waiting waiting',
    { 'pause-after': 'all', 'max-parallel': '1' },
    1,
  ],
  [
    'no pause any more',
    { 'pause-after': 'none' },
    'there waiting',
    { 'pause-after': 'none' },
    undefined,
    { allowed: 1, parameters: { ...begun.parameters, 'pause-after': 'all' } },
  ],
  [
    'another deadline leaves its waves',
    { 'health-deadline': '9m' },
    'there waiting',
    { 'health-deadline': '9m' },
    1,
    { allowed: 1 },
  ],
  ['another strategy', { strategy: 'all' }, 'there waiting', /is under way already, with strategy rolling/],
  ['a canary', { canary: '1' }, 'there waiting', /is under way already, with canary as by default/],
  [
    'lockstep has no waves',
    { 'pause-after': 'all' },
    'asked asked',
    /lockstep takes all units together/,
    undefined,
    { parameters: { strategy: 'lockstep' } },
  ],
  [
    'lockstep goes on without units',
    { 'allow-missing': 'yes' },
    'asked asked',
    { 'allow-missing': 'yes' },
    undefined,
    { parameters: { strategy: 'lockstep' } },
  ],
];

describe('a rollout that is asked for again with other words', () => {
  for (const [rule, asked, units, expected, allowed, more] of rows) {
    it(rule, () => {
      const rollout = { ...begun, ...more };
      const change = (): Rollout => changedRollout('web', rollout, asked, judged(units));
      if (expected instanceof RegExp) {
        assert.throws(change, expected);
        return;
      }
      const changed = change();
      if (expected === 'same') {
        assert.equal(changed, rollout);
        return;
      }
      assert.deepEqual(changed.parameters, { ...rollout.parameters, ...expected });
      assert.equal(changed.allowed, allowed);
    });
  }
});
