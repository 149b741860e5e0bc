import { mapBounded } from '../../state/formula/concurrency.js';
import { commandLine } from '../../state/model/command-line.js';
import { recordRequest } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { namesOf } from '../names-of.js';
import type { Session } from '../session.js';
import { type CommandOfService, type RunEvent, runInOne, type UnitRun } from './run-in-one.js';

/**
 * Runs a command in each unit that a service has now, in their order, and tells what became of it when it ends there.
 * @param request `maxParallel`: units at a time; undefined: all at once
 * @throws ServiceNotFound
 */
export async function runInService(
  session: Session,
  service: string,
  { maxParallel, ...request }: CommandOfService & { readonly maxParallel?: number | undefined },
  tell: (event: RunEvent) => void,
): Promise<readonly UnitRun[]> {
  await requireService(session.coordinator, service);
  const units = await unitsOfService(session.coordinator, service);
  if (units.length > 0) await record(session, service, units, request, tell);
  return mapBounded(units, maxParallel ?? units.length, async (unit) => {
    const run = await runInOne(session, unit, request, tell);
    tell({ kind: 'ended', run });
    return run;
  });
}

/** Once for all units; what was asked stands, also where it cannot be noted. */
async function record(
  { coordinator }: Session,
  service: string,
  units: readonly string[],
  { command, by }: CommandOfService,
  tell: (event: RunEvent) => void,
): Promise<void> {
  const message = `in ${namesOf(units)}: ${commandLine(command)}`;
  try {
    await recordRequest(coordinator, service, requestEntry(by, { what: 'run', message }));
  } catch (error) {
    tell({ kind: 'not-on-record', reason: error instanceof Error ? error.message : String(error) });
  }
}
