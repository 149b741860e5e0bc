import assert from 'node:assert/strict';
import { LockFile } from '../state/coordination/embedded/lock-file.js';
import { findProcess, isSuspended } from '../state/platform/process-stat.js';
import { eventually } from './eventually.js';

/**
 * Stops a process (SIGSTOP) in a moment in which it keeps nobody from the embedded state: that is another test's.
 * @param state the state's directory; of another kind of state nobody is kept
 */
export async function suspend(pid: number, state: string): Promise<void> {
  const lock = LockFile.of(state);
  try {
    for (;;) {
      process.kill(pid, 'SIGSTOP');
      await eventually(() => {
        const found = findProcess(pid);
        assert.ok(found !== undefined && isSuspended(found));
      });
      if (lock.writer() === undefined && lock.opener() === undefined) return;
      process.kill(pid, 'SIGCONT');
    }
  } finally {
    lock.leave();
  }
}
