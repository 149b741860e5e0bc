import { readFileSync } from 'node:fs';

/**
 * Identifies the machine's current boot, e.g. `5b1c2f0e-…` (Linux, /proc/sys/kernel/random/boot_id); `''` where the system
 * has no such id.
 */
export function bootId(): string {
  cachedBootId ??= readBootId();
  return cachedBootId;
}

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

let cachedBootId: string | undefined;
