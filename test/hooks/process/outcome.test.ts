import assert from 'node:assert/strict';
import type { HookOutcome } from '../../../hooks/process/hook-run.js';
import { type HookEnd, isSuccess, outcomeOf } from '../../../hooks/process/outcome.js';

describe('a hook ended', () => {
  const rows: readonly (readonly [string, HookEnd, HookOutcome, boolean])[] = [
    ['well', { status: 0 }, { kind: 'succeeded' }, true],
    ['with its status', { status: 7 }, { kind: 'failed', exitCode: 7 }, false],
    ['by a signal, as shells tell it', { status: 143 }, { kind: 'killed', signal: 'SIGTERM' }, false],
    ['with 128, which is no signal', { status: 128 }, { kind: 'failed', exitCode: 128 }, false],
    ['with a status that no signal has', { status: 255 }, { kind: 'failed', exitCode: 255 }, false],
    ['with nobody knows what', { lost: true }, { kind: 'killed' }, false],
    ['before it began', { refused: true }, { kind: 'not-started' }, false],
  ];
  for (const [rule, end, outcome, success] of rows)
    it(rule, () => {
      assert.deepEqual(outcomeOf(end), outcome);
      assert.equal(isSuccess(outcome), success);
    });
  it('well, if there is none', () => assert.equal(isSuccess({ kind: 'missing' }), true));
});
