import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { UnitNotFound, UnitNotInError } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { RelationNotInError } from '../../state/model/relation-errors.js';
import type { Requester } from '../../state/model/requester.js';
import { requestOf } from '../../state/model/requests.js';
import { type UnitStatus, statusSchema } from '../../state/model/unit-schemas.js';
import { requireService } from '../../state/model/services.js';
import { requireUnit } from '../../state/model/units.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { Session } from '../session.js';
import { readServiceState, readSnapshot, readUnitState, type UnitState } from '../status/snapshot.js';

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
      relations: relationsInError(status?.value),
    });
  }
  await askToGoOn(coordinator, unit, paths.resolved(unit), retry, requester, []);
}

/**
 * The same for one relation of the unit whose hook failed.
 * @param id as `status` shows it, e.g. `db:4`, or its name alone where the unit has one relation of that name
 * @throws UnitNotFound, RelationNotInError
 */
export async function requestRelationResolved(
  coordinator: Coordinator,
  unit: string,
  id: string,
  retry: boolean,
  requester: Requester,
): Promise<void> {
  await requireUnit(coordinator, unit);
  const status = await readEntity(coordinator, paths.status(unit), statusSchema);
  const failed = relationsInError(status?.value).map(({ relation }) => relation);
  const matching = failed.filter((each) => each === id || each.slice(0, each.lastIndexOf(':')) === id);
  const [found, ...others] = matching;
  if (found === undefined || others.length > 0) throw new RelationNotInError({ unit, relation: id, failed });
  const number = found.slice(found.lastIndexOf(':') + 1);
  const path = paths.relationResolved(unit, number);
  await askToGoOn(coordinator, unit, path, retry, requester, [`relation ${id}`]);
}

/** A unit's relations that `resolved` is for: whose hook failed, or waits for its next try; and why, without a command. */
export function relationsInError(
  status: Pick<UnitStatus, 'relations'> | undefined,
): readonly { readonly relation: string; readonly message: string }[] {
  return Object.entries(status?.relations ?? {})
    .filter(([, { state, waiting }]) => state === 'error' || waiting !== undefined)
    .map(([relation, { message = '', brief = message }]) => ({ relation, message: brief }));
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
 * The things that are to go on: a unit or one relation of it, everything of a service, or everything if nothing is
 * named.
 */
export interface ResolveRequest {
  readonly subject?: string | undefined;
  /** Only with a unit. */
  readonly relation?: string | undefined;
  /** Whether the failed hook runs again; else it is taken as done. */
  readonly retry: boolean;
  readonly by: Requester;
}

/** One thing in error: a unit, or one relation of it. */
interface InError {
  readonly unit: string;
  readonly relation: string | undefined;
}

export type ResolveEvent =
  | ({ readonly kind: 'asked' } & InError)
  /** Somebody else was faster. */
  | { readonly kind: 'not-in-error'; readonly unit: string }
  /** Is in error too: a unit's own error and those of its relations are resolved apart. */
  | { readonly kind: 'remains'; readonly unit: string; readonly relation: string }
  | { readonly kind: 'nothing' };

/**
 * Asks what is in error to go on.
 * @returns the units that were asked
 * @throws UnitNotFound, UnitNotInError, RelationNotInError, of what is named; ServiceNotFound
 */
export async function resolveErrors(
  { coordinator }: Pick<Session, 'coordinator'>,
  { subject, relation, retry, by }: ResolveRequest,
  tell: (event: ResolveEvent) => void,
): Promise<readonly string[]> {
  const ask = async (each: InError): Promise<void> => {
    if (each.relation === undefined) await requestResolved(coordinator, each.unit, retry, by);
    else await requestRelationResolved(coordinator, each.unit, each.relation, retry, by);
    tell({ kind: 'asked', ...each });
  };
  if (subject?.includes('/')) {
    await ask({ unit: subject, relation });
    const status = relation === undefined ? (await readUnitState(coordinator, subject))?.status : undefined;
    for (const failed of relationsInError(status))
      tell({ kind: 'remains', unit: subject, relation: failed.relation });
    return [subject];
  }
  const found = inErrorOf(await unitsOf(coordinator, subject));
  if (found.length === 0) tell({ kind: 'nothing' });
  const asked = new Set<string>();
  for (const each of found) {
    try {
      await ask(each);
      asked.add(each.unit);
    } catch (error) {
      // Others may be faster, which keeps none of the rest waiting.
      if (![UnitNotInError, RelationNotInError, UnitNotFound].some((kind) => error instanceof kind))
        throw error;
      tell({ kind: 'not-in-error', unit: each.unit });
    }
  }
  return [...asked];
}

/** @throws ServiceNotFound */
async function unitsOf(coordinator: Coordinator, service: string | undefined): Promise<readonly UnitState[]> {
  if (service === undefined) return (await readSnapshot(coordinator)).services.flatMap(({ units }) => units);
  await requireService(coordinator, service);
  return (await readServiceState(coordinator, service))?.units ?? [];
}

function inErrorOf(units: readonly UnitState[]): readonly InError[] {
  return units.flatMap(({ name, status }) => [
    ...(isErrorState(status.state) ? [{ unit: name, relation: undefined }] : []),
    ...Object.entries(status.relations ?? {})
      .filter(([, { state }]) => state === 'error')
      .map(([relation]) => ({ unit: name, relation })),
  ]);
}
