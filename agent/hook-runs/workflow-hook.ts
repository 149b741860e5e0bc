import { findHook } from '../../hooks/process/find-hook.js';
import type { UnitRecord } from '../journal/record.js';
import type { HookCall, HookHost } from './hook-call.js';
import { runHook } from './run-hook.js';

/**
 * Runs a hook of the workflow; one that is through in the present state is not run again.
 * @param also what the journal notes with the end of the hook
 */
export async function runWorkflowHook(
  host: HookHost,
  name: string,
  { upgrade, also }: Pick<HookCall, 'upgrade'> & { readonly also?: () => Partial<UnitRecord> } = {},
): Promise<void> {
  if (host.record().done.includes(name)) return;
  const isDue = host.record().hook !== null || (await host.mendFormula(name));
  const through = (): Partial<UnitRecord> => {
    const { done, hook } = host.record();
    const boot = name === 'start' && { boot: hook?.boot ?? host.parts.boot };
    return { done: [...done, name], ...boot, ...also?.() };
  };
  if (!isDue) return host.save({ attempts: 0, deaths: {}, ...through() });
  // Where nothing runs, nothing must be on the disk before what comes next.
  if (await isAbsent(host, name)) return host.note({ attempts: 0, ...through() });
  await runHook(host, { name, ...(upgrade && { upgrade }), through: () => ({ change: through() }) });
}

/** True if the formula has no such hook, and nobody has one begun or wants one in a window. */
async function isAbsent(host: HookHost, name: string): Promise<boolean> {
  if (host.record().hook !== null || host.debugRequest() !== undefined) return false;
  // The start of the hook finds out what is wrong with it.
  return (await findHook(host.directory.formula, name).catch(() => null)) === undefined;
}
