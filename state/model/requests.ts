import { randomUUID } from 'node:crypto';
import type { Coordinator, Node, Operation } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown, VersionConflict } from '../coordination/errors.js';
import type { CommandRequest } from './commands.js';
import { retryOnConflict } from './conflict.js';
import type { DebugRequest } from './debugging.js';
import { type Entity, nodeValue, readEntity } from './entity.js';
import { UnitNotInError } from './errors.js';
import { recordOperations } from './history.js';
import { type HistoryEntry, requestEntry } from './history-entry.js';
import { paths, serviceOfUnit } from './paths.js';
import { RelationNotInError } from './relation-errors.js';
import type { Requester } from './requester.js';
import {
  type Abort,
  type Flag,
  type Removal,
  type Resolved,
  statusSchema,
  type UnitStatus,
} from './schemas.js';
import { requireUnit } from './units.js';
import { isErrorState } from './workflow-state.js';

/** What operators want of one unit, each with the version that honouring it must name. */
export interface UnitRequests {
  readonly upgrade: Entity<Flag> | undefined;
  readonly resolved: Entity<Resolved> | undefined;
  readonly removal: Entity<Removal> | undefined;
  /** `resolved` for single relations, by their numbers. */
  readonly relations: ReadonlyMap<string, Entity<Resolved>>;
  /** Commands to be run in the unit's context, by their ids. */
  readonly commands: ReadonlyMap<string, Entity<CommandRequest>>;
  readonly debug: Entity<DebugRequest> | undefined;
  readonly abort: Entity<Abort> | undefined;
}

export const noRequests: UnitRequests = {
  upgrade: undefined,
  resolved: undefined,
  removal: undefined,
  relations: new Map(),
  commands: new Map(),
  debug: undefined,
  abort: undefined,
};

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

/**
 * Asks a unit in an error state to go on: by running the failed hook again, or by taking it as done; also one whose
 * failed hook waits for its next try. That is on its service's record.
 * @throws UnitNotFound, UnitNotInError
 */
export async function requestResolved(
  coordinator: Coordinator,
  unit: string,
  retry: boolean,
  requester: Requester,
): Promise<void> {
  await requireUnit(coordinator, unit);
  const status = await readEntity(coordinator, paths.status(unit), statusSchema);
  if (status === undefined || (!isErrorState(status.value.state) && status.value.waiting === undefined)) {
    throw new UnitNotInError({
      unit,
      state: status?.value.state ?? 'pending',
      relations: relationsInError(status?.value).map(({ relation, message }) => ({
        relation,
        // The error names the command itself.
        message: message.replace(/; (next|at once by): .*$/s, ''),
      })),
    });
  }
  await askToGoOn(coordinator, unit, paths.resolved(unit), retry, requester, []);
}

/**
 * The same for one relation of the unit whose hook failed.
 * @param identifier as `status` shows it, e.g. `db:4`, or its name alone where the unit has one relation of that name
 * @throws UnitNotFound, RelationNotInError
 */
export async function requestRelationResolved(
  coordinator: Coordinator,
  unit: string,
  identifier: string,
  retry: boolean,
  requester: Requester,
): Promise<void> {
  await requireUnit(coordinator, unit);
  const status = await readEntity(coordinator, paths.status(unit), statusSchema);
  const failed = relationsInError(status?.value).map(({ relation }) => relation);
  const matching = failed.filter(
    (id) => id === identifier || id.slice(0, id.lastIndexOf(':')) === identifier,
  );
  const [found, ...others] = matching;
  if (found === undefined || others.length > 0)
    throw new RelationNotInError({ unit, relation: identifier, failed });
  const number = found.slice(found.lastIndexOf(':') + 1);
  const path = paths.relationResolved(unit, number);
  await askToGoOn(coordinator, unit, path, retry, requester, [`relation ${identifier}`]);
}

/** A unit's relations that `resolved` is for: whose hook failed, or waits for its next try. */
export function relationsInError(
  status: Pick<UnitStatus, 'relations'> | undefined,
): readonly { readonly relation: string; readonly message: string }[] {
  return Object.entries(status?.relations ?? {})
    .filter(([, { state, waiting }]) => state === 'error' || waiting !== undefined)
    .map(([relation, { message = '' }]) => ({ relation, message }));
}

async function askToGoOn(
  coordinator: Coordinator,
  unit: string,
  path: string,
  retry: boolean,
  requester: Requester,
  about: readonly string[],
): Promise<void> {
  const message = [...about, retry ? 'retry' : 'as done'].join(', ');
  const asked = requestEntry(requester, { what: 'resolved', unit, message });
  const request = { ...requester, id: randomUUID(), retry };
  await requestOf(coordinator, path, request, () =>
    recordOperations(coordinator, [serviceOfUnit(unit)], asked),
  );
}

/**
 * Writes a request node, in the place of an earlier one of its kind.
 * @param besides gives what is written in the same transaction
 */
export async function requestOf(
  coordinator: Coordinator,
  path: string,
  value: unknown,
  besides: () => Promise<readonly Operation[]> = async () => [],
): Promise<void> {
  await retryOnConflict(path, async () => {
    const standing = await coordinator.get(path);
    await coordinator.transaction([requestOperation(path, value, standing), ...(await besides())]);
  });
}

/** The operation that writes a request node, in the place of what stands there. */
export function requestOperation(path: string, value: unknown, standing: Node | undefined): Operation {
  const text = nodeValue(value);
  if (standing === undefined) return { kind: 'create', path, value: text };
  return { kind: 'set', path, value: text, version: standing.version };
}
