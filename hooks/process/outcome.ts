import { constants } from 'node:os';
import type { HookOutcome } from './hook-run.js';

/** How a run was found to have ended: with the hook's status, without one, or without the hook. */
export type HookEnd = { readonly status: number } | { readonly lost: true } | { readonly refused: true };

/**
 * The outcome of a hook that nobody ended. A status above 128 is read as a signal, as shells mean it; a hook that
 * exits so by itself is taken at its word.
 */
export function outcomeOf(end: HookEnd): HookOutcome {
  if ('refused' in end) return { kind: 'not-started' };
  if ('lost' in end) return { kind: 'killed' };
  if (end.status === 0) return { kind: 'succeeded' };
  const signal = signalOf(end.status - 128);
  return signal ? { kind: 'killed', signal } : { kind: 'failed', exitCode: end.status };
}

/** True if the unit may go on as if the hook did what it should. */
export function isSuccess(outcome: HookOutcome): boolean {
  return outcome.kind === 'succeeded' || outcome.kind === 'missing';
}

function signalOf(number: number): NodeJS.Signals | undefined {
  const names = Object.keys(constants.signals) as NodeJS.Signals[];
  return names.find((name) => constants.signals[name] === number);
}
