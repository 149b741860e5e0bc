import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import {
  NodeExists,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../../state/coordination/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { recordOperations } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Flag } from '../../state/model/request-schemas.js';

/** Units flagged per transaction; 500 was measured as the best rate, see docs/performance.md. */
const FLAGS_PER_TRANSACTION = 500;

/**
 * Flags units of one service for the upgrade to their service's formula. A unit that is flagged already gets the new flag in its
 * place, so that its version tells the agent that somebody asked again while it was at work.
 *
 * Mostly no unit is flagged yet, so the flags are created without looking, all transactions under way at once; only of
 * a transaction that does not apply the units are read.
 * @param asked goes on the service's record in the first transaction
 */
export async function flagUnits(
  coordinator: Coordinator,
  units: readonly string[],
  flag: Flag,
  asked?: HistoryEntry,
): Promise<void> {
  const value = nodeValue(flag);
  const batches: (readonly string[])[] = [];
  for (let start = 0; start < units.length; start += FLAGS_PER_TRANSACTION)
    batches.push(units.slice(start, start + FLAGS_PER_TRANSACTION));
  const ends = await Promise.allSettled(
    batches.map((batch, index) => flagBatch(coordinator, batch, value, index === 0 ? asked : undefined)),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function flagBatch(
  coordinator: Coordinator,
  units: readonly string[],
  value: string,
  asked: HistoryEntry | undefined,
): Promise<void> {
  const record = (): Promise<readonly Operation[]> =>
    recordOperations(coordinator, units.slice(0, 1).map(serviceOfUnit), asked);
  try {
    return await coordinator.transaction([
      ...units.map((unit): Operation => ({ kind: 'create', path: paths.upgrade(unit), value })),
      ...(await record()),
    ]);
  } catch (error) {
    const mayBeRead = [NodeExists, NodeNotFound, VersionConflict, OutcomeUnknown].some(
      (kind) => error instanceof kind,
    );
    if (!mayBeRead) throw error;
  }
  await retryOnConflict('upgrade flags', async () => {
    const present = await Promise.all(
      units.map(async (unit) => {
        const [node, flagged] = await Promise.all([
          coordinator.get(paths.unit(unit)),
          coordinator.get(paths.upgrade(unit)),
        ]);
        return { unit, stands: node !== undefined, flagged };
      }),
    );
    await coordinator.transaction([
      ...present
        .filter(({ stands }) => stands)
        .map(
          ({ unit, flagged }): Operation =>
            flagged === undefined
              ? { kind: 'create', path: paths.upgrade(unit), value }
              : { kind: 'set', path: paths.upgrade(unit), value, version: flagged.version },
        ),
      ...(await record()),
    ]);
  });
}
