import { readFileSync } from 'node:fs';

/** Identifies the machine's current boot, e.g. `5b1c2f0e-…` (Linux, /proc/sys/kernel/random/boot_id). */
export function bootId(): string {
  cachedBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return cachedBootId;
}

let cachedBootId: string | undefined;
