import type { Clock } from '../../state/platform/clock.js';

/** Milliseconds that a wait may last without a word. */
const SAID_AFTER = 5_000;

/** Who is told of what it waits for; nothing of it: it goes on. */
export interface Waiter {
  readonly parts: { readonly clock: Clock };
  troubledBy(reason: string | undefined): void;
}

/**
 * Waits for `promise`. If that takes longer than a moment, the unit's status says what for.
 * @param saidAfter milliseconds
 */
export async function saidWhile<T>(
  waiter: Waiter,
  reason: () => string,
  promise: Promise<T>,
  saidAfter = SAID_AFTER,
): Promise<T> {
  let said = false;
  const timer = waiter.parts.clock.after(saidAfter, () => {
    said = true;
    waiter.troubledBy(reason());
  });
  try {
    return await promise;
  } finally {
    timer.cancel();
    if (said) waiter.troubledBy(undefined);
  }
}
