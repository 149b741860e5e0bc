import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Repeats `check` until it no longer throws (or rejects) and returns what it gave: how tests wait for a state instead
 * of sleeping. After `within` milliseconds it throws what `check` threw last.
 */
export async function eventually<T>(check: () => T | Promise<T>, within = 60_000): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(5);
    }
  }
}

/** The same for a condition that is simply true or not; `what` names it when it never became true. */
export function eventuallyTrue(
  what: string,
  condition: () => boolean | Promise<boolean>,
  within?: number,
): Promise<void> {
  return eventually(async () => assert.ok(await condition(), `never: ${what}`), within);
}
