import { readdirSync, readFileSync } from 'node:fs';
import { findProcess } from '../../state/platform/process-stat.js';

/**
 * The living processes of a group whose environment holds `entry`, e.g. `ENSEMBLE_CLIENT_ID=…`. Where the group's
 * leader is gone, its number alone proves nothing: it may have been used again.
 */
export function findGroupMembers(processGroup: number, entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => findProcess(Number(name)))
    .filter((stat) => stat?.processGroup === processGroup)
    .flatMap((stat) => (stat && environmentHas(stat.pid, entry) ? [stat.pid] : []));
}

/**
 * Sends a signal to a process, or to a group where `pid` is negative. Nothing happens where it is gone already, or has
 * become another user's, whom it is then left to.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function environmentHas(pid: number, entry: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(entry);
}

/** A process may end between any two looks at it, and another user's environment cannot be read. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
