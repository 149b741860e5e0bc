import * as z from '../platform/zod.js';

/**
 * A word of `Known`, or one that this release does not know: a later one wrote it, or a hand. It is kept and shown as it
 * is, and equals none of those that anything is decided by.
 */
export function shown<Known extends string>(): z.ZodMiniType<Known | Unknown> {
  return z.string() as z.ZodMiniType<string> as z.ZodMiniType<Known | Unknown>;
}

/** Keeps the known words in completions and comparisons, where plain `string` would swallow them. */
type Unknown = string & Record<never, never>;
