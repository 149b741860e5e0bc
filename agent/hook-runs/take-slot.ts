import { saidWhile, type Waiter } from '../contract/said-while.js';
import type { Uses } from '../machine/parts.js';

/**
 * Waits until a hook may run besides those that run on this machine, and says so in the unit's status.
 * @param saidAfter milliseconds
 * @param unwanted ends the waiting, by an error
 * @returns what gives the slot back
 */
export function takeSlot(
  host: Waiter & Uses<'slots'>,
  hook: string,
  saidAfter?: number,
  unwanted?: AbortSignal,
): Promise<() => void> {
  const { slots } = host.parts;
  const reason = (): string =>
    `hook ${hook} waits until another one on this machine ends: ${slots.count} may run at once (--hook-concurrency)`;
  return saidWhile(host, reason, slots.take(unwanted), saidAfter);
}
