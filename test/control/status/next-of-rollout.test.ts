import assert from 'node:assert/strict';
import { canGoBack, otherCommands } from '../../../control/status/next-of-rollout.js';
import type { Rollout } from '../../../state/model/rollout.js';

type Way = Pick<Rollout, 'state' | 'to' | 'revertTo' | 'revert' | 'clone'>;

const failed: Way = { state: 'failed', to: 'p:web-2', revertTo: 'p:web-1' };
const nowhere: Way = { ...failed, revertTo: 'p:web-2' };
const cloned: Way = { ...failed, clone: { service: 'web-2' } };
const [back, end] = ['ensemble rollout revert web', 'ensemble rollout abort web'];

/** Whether it can go back, and what else may be said to it where it waits for a word. */
const rows: readonly (readonly [what: string, way: Way, goesBack: boolean, commands: readonly string[]])[] = [
  ['failed', failed, true, [back, end]],
  ['is paused', { ...failed, state: 'paused' }, true, [back, end]],
  ['runs', { ...failed, state: 'running' }, true, []],
  ['failed on its way to where it would go back', nowhere, false, [end]],
  ['is paused on its way to where it would go back', { ...nowhere, state: 'paused' }, false, [end]],
  ['runs to where it would go back', { ...nowhere, state: 'running' }, false, []],
  ['failed on its way back', { ...failed, revert: true }, false, [end]],
  ['was asked to be a way back', { ...nowhere, revert: true }, false, [end]],
  ['goes by a clone', cloned, false, [end]],
];

describe('the way back of a rollout', () => {
  for (const [what, way, goesBack, commands] of rows)
    it(`of one that ${what}: ${goesBack}`, () => {
      assert.equal(canGoBack(way), goesBack);
      assert.deepEqual(otherCommands('web', way), commands);
    });
});
