import { mapBounded } from '../../state/formula/concurrency.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import type { Session } from '../session.js';
import { oneRecord } from './one-record.js';
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
  const asking = oneRecord(request.by, request.command);
  return mapBounded(units, maxParallel ?? units.length, async (unit) => {
    const run = await runInOne(session, unit, { ...request, asking }, tell);
    tell({ kind: 'ended', run });
    return run;
  });
}
