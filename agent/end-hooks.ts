import { join } from 'node:path';
import { adoptHook } from '../hooks/process/adopt-hook.js';
import type { HookSpec } from '../hooks/process/hook-run.js';
import type { Clock } from '../state/platform/clock.js';
import type { DataDirectory } from './disk/data-directory.js';
import type { UnitRecord } from './journal/record.js';
import type { Log } from './contract/log.js';

/** Milliseconds; whatever limit the hooks had is not waited for. */
const NO_LIMIT = 2_000_000_000;

/** Ends the hooks that agents before this one left running of these units. */
export type EndLeftHooks = (units: readonly UnitRecord[]) => Promise<void>;

/**
 * Ends the hooks that an agent before this one left running, as the machine is another agent's by now, which runs them
 * itself. What the journal says of them stays as it is.
 */
export async function endLeftHooks(
  units: readonly UnitRecord[],
  { runs, units: unitsRoot }: DataDirectory,
  {
    boot,
    killDelay,
    clock,
    log,
  }: { readonly boot: string; readonly killDelay: number; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  await Promise.all(
    units.map(async ({ unit, hook }) => {
      if (hook === null) return;
      const spec: HookSpec = {
        run: { id: hook.id, unit, hook: hook.name, attempt: hook.attempt, boot: hook.boot ?? boot },
        formulaDirectory: unitsRoot,
        runDirectory: join(runs, hook.id),
        logFile: join(runs, hook.id, 'log'),
        environment: {},
        timeLimit: NO_LIMIT,
        killDelay,
      };
      const found = await adoptHook(spec, clock, boot);
      if (found.kind !== 'running') return;
      log.warning(`hook ${hook.name} is ended: the machine is another agent's`, { unit });
      await found.hook.stop();
    }),
  );
}
