import { formatBytes } from '../../state/platform/format-bytes.js';
import type { Machine } from '../../state/model/machine-schemas.js';

/** Says how much of a full disk is kept of removed units, and the command that removes it; empty if that makes no room. */
export function roomRemark(machine: string, { units, bytes }: NonNullable<Machine['kept']>): string {
  if (units === 0 || bytes === 0) return '';
  return `${formatBytes(bytes)} are kept of removed units: ensemble prune --removed ${machine}`;
}
