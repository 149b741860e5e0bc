import { EnsembleError } from '../../state/platform/errors.js';
import { explainedBySystem, SystemRefused } from '../../state/platform/system-errors.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import type { Machine } from '../../state/model/schemas.js';

const FULL = new Set(['ENOSPC', 'EDQUOT']);

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
export function refusedByDisk(error: unknown, place: string): unknown {
  const told = explainedBySystem(error, place);
  const isKnown = told instanceof EnsembleError && !(told instanceof SystemRefused);
  if (isKnown || !isDiskFull(error)) return told;
  // The journal's library says which page it could not write.
  const { path, reason } = told instanceof SystemRefused ? told : { path: place, reason: 'the disk is full' };
  return new SystemRefused({ path, reason, next: `make room on the disk of ${path}` }, { cause: error });
}

/** What of a full disk is kept of removed units, and the command that removes it; empty where that makes no room. */
export function roomRemark(machine: string, { units, bytes }: NonNullable<Machine['kept']>): string {
  if (units === 0 || bytes === 0) return '';
  return `${formatBytes(bytes)} are kept of removed units: ensemble prune --removed ${machine}`;
}
