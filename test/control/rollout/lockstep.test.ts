import assert from 'node:assert/strict';
import { inState, turnedBack } from '../../../control/rollout/written.js';
import { passageOf, withGate } from '../../../state/model/lockstep.js';
import { beginRollout, type Rollout } from '../../../state/model/rollout.js';

const now = Date.UTC(2026, 0, 1, 12);
const at = new Date(now).toISOString();

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: 'principia:web-1',
  to: 'principia:web-2',
  revertTo: 'principia:web-1',
  by: 'ann@host',
  requestedAt: at,
  parameters: { strategy: 'lockstep' },
  state: 'running',
  stateSince: at,
  countedFrom: at,
};

/** Another rollout takes its place. */
function replaced(rollout: Rollout): Rollout {
  const { id: _id, life: _life, ...next } = begun;
  return beginRollout('web', { value: rollout, version: 1 }, next).rollout;
}

const ended = (state: string) => (rollout: Rollout) => inState(rollout, { state, reason: '' }, now);
const back = (rollout: Rollout): Rollout => turnedBack(rollout, 'one failed', now);

/** What is open to the units of a passage when its rollout ends its way: final, so that none waits for good. */
const rows: readonly (readonly [
  rule: string,
  gate: 'go' | 'resume' | undefined,
  end: (rollout: Rollout) => Rollout,
  expected: string | undefined,
])[] = [
  ['paused by somebody, it stays', 'go', ended('paused'), 'go'],
  ['failed, it stays: it may be tried again', undefined, ended('failed'), undefined],
  ['aborted, those that wait go back', 'go', ended('aborted'), 'back'],
  ['aborted before it began', undefined, ended('aborted'), 'back'],
  ['aborted when all resume, they go on', 'resume', ended('aborted'), 'resume'],
  ['superseded, those that wait go back', 'go', ended('superseded'), 'back'],
  ['another rollout takes its place', 'go', replaced, 'back'],
  ['another one, when all resume', 'resume', replaced, 'resume'],
  ['one failed', 'go', back, 'back'],
  ['it turns back when all have resumed', 'resume', back, 'resume'],
  ['done, what was held or is new waits for nobody', undefined, ended('done'), 'resume'],
];

describe('the gate of a rollout in lockstep that ends its way', () => {
  for (const [rule, gate, end, expected] of rows) {
    it(rule, () => {
      const gates = gate === undefined ? undefined : withGate({}, 'r1', gate);
      const rollout = { ...begun, ...(gates !== undefined && { gates }) };
      assert.equal(end(rollout).gates?.r1, expected);
    });
  }

  it('leads back through a passage of its own where all had resumed, and through none before', () => {
    const resumed = { ...begun, gates: { r1: 'resume' } };
    assert.deepEqual([passageOf(back(resumed)), passageOf(back(begun))], ['r1-back', undefined]);
  });
});
