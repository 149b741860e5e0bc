import { EnsembleError } from '../../state/platform/errors.js';
import { explainedBySystem, SystemRefused } from '../../state/platform/system-errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** Stands for the place that nobody named. */
const SOME_DISK = 'a disk of this machine';

/** True if a disk of this machine had no room left, also if that was the reason behind the error. */
export function isDiskFull(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && typeof each.code === 'string' && FULL.has(each.code)) return true;
    if (/disk is full|no space left|disk quota/i.test(each.message)) return true;
  }
  return false;
}

/**
 * What the system refused, as a unit or an agent says it: the place, what it waits for, and not to run a command again,
 * since the agent does so by itself. Any other error stays as it is.
 * @param place where it works, for what the system names no path
 */
export function refusedBySystem(error: unknown, place?: string): unknown {
  const told = explainedBySystem(error, place);
  const isKnown = told instanceof EnsembleError && !(told instanceof SystemRefused);
  if (isKnown || !isDiskFull(error)) return told;
  const reason = told instanceof SystemRefused ? told.reason : 'the disk is full';
  // Without a path, the system said no more than what it was doing to the file.
  const path = pathOf(error) ?? place ?? SOME_DISK;
  const next = path === SOME_DISK ? 'make room there' : `make room on the disk of ${path}`;
  return new SystemRefused({ path, reason, next }, { cause: error });
}

function pathOf(error: unknown): string | undefined {
  if (error instanceof SystemRefused) return error.path;
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}

/** An error in a few words, for a place that names no command: what the system refused in an operator's words. */
export function wordsOf(error: unknown): string {
  const told = refusedBySystem(error);
  return told instanceof Error ? told.message : String(told);
}
