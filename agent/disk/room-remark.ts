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

/** What of a full disk is kept of removed units, and the command that removes it; empty where nothing is. */
export function roomRemark(machine: string, { units, bytes }: NonNullable<Machine['kept']>): string {
  if (units === 0) return '';
  return `${formatBytes(bytes)} are kept of removed units: ensemble prune --removed ${machine}`;
}
