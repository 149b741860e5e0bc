import { type DebugSession, debugCommand } from '../../hooks/process/debug-window.js';
import { hasHook } from '../../hooks/process/has-hook.js';
import type { HookSpec } from '../../hooks/process/hook-run.js';
import { isGlob, matchesAny } from '../../state/platform/glob.js';
import type { DebugRequest } from '../../state/model/debugging.js';

/** Milliseconds a person may take over a hook: a week. */
const PATIENCE = 7 * 24 * 3_600_000;

/** As its limit, where a run is debugged. A person's time is not the hook's. */
export function debugLimit(debugged: boolean | undefined, limit: number): number {
  return debugged === true ? Math.max(PATIENCE, limit) : limit;
}

/**
 * The run in the place of a hook that an operator debugs, or undefined where nobody does. Of a hook that the formula
 * does not have, only one who names it wants to know.
 */
export async function debugged(
  spec: HookSpec,
  request: DebugRequest | undefined,
  socket: string,
): Promise<HookSpec | undefined> {
  if (request === undefined || spec.command !== undefined) return undefined;
  const { hook } = spec.run;
  if (!matchesAny(request.hooks, hook)) return undefined;
  const named = request.hooks.some((pattern) => !isGlob(pattern) && pattern === hook);
  // A window each second for what only asks would be in the way.
  if (!named && isPolled(hook)) return undefined;
  if (!named && !hasHook(spec.formulaDirectory, hook)) return undefined;
  const session: DebugSession = { socket, session: request.session };
  return { ...spec, command: await debugCommand(spec, session), timeLimit: debugLimit(true, spec.timeLimit) };
}

/** True of a hook that is run again and again, to ask for something. */
const isPolled = (hook: string): boolean => hook === 'busy-check' || hook === 'health-check';
