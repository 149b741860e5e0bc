import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { parseSound } from '../../state/model/entity.js';
import { recordOperations } from '../../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { UnitIsSubordinate } from '../../state/model/relation-errors.js';
import { askToGo } from '../../state/model/removal.js';
import {
  type KeptAnyway,
  machinesThatKeep,
  removalInPlaceOf,
  tellKept,
} from '../../state/model/removal-request.js';
import type { Requester } from '../../state/model/requester.js';
import { requestOperation } from '../../state/model/requests.js';
import type { Removal } from '../../state/model/request-schemas.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import { requireUnit } from '../../state/model/units.js';
import { namesOf } from '../names-of.js';
import type { Session } from '../session.js';

/**
 * Asks units to stop and go, and with them those placed beside them. A unit that waits for a machine has nobody who
 * could stop it, so it is removed at once.
 * @param asked gives what goes on a service's record about these units of it, in the transaction that asks them
 * @param told of each unit whose directory is kept although this request did not ask for it
 * @throws UnitNotFound, UnitIsSubordinate, before any unit is asked
 */
export async function requestRemoval(
  coordinator: Coordinator,
  units: readonly string[],
  removal: Removal,
  asked?: (units: readonly string[]) => HistoryEntry,
  told: KeptAnyway = () => undefined,
): Promise<void> {
  await requireRemovable(coordinator, units);
  for (const service of new Set(units.map(serviceOfUnit))) {
    const own = units.filter((unit) => serviceOfUnit(unit) === service);
    await askTogether(coordinator, service, own, removal, asked, told);
  }
  await askToGo(coordinator, units, removal, told, 'these');
}

/** Units asked per transaction. */
const UNITS_PER_TRANSACTION = 500;

/**
 * Asks units of one service to go, with what goes on its record: of all that are asked by then, in the place of what was
 * there of those before. Also those that nobody runs yet, which are removed next.
 */
async function askTogether(
  coordinator: Coordinator,
  service: string,
  units: readonly string[],
  removal: Removal,
  asked: ((units: readonly string[]) => HistoryEntry) | undefined,
  told: KeptAnyway,
): Promise<void> {
  const done: string[] = [];
  const id = newChangeId();
  for (let start = 0; start < units.length; start += UNITS_PER_TRANSACTION) {
    const batch = units.slice(start, start + UNITS_PER_TRANSACTION);
    await retryOnConflict(`units of ${service}`, async () => {
      const nodes = await coordinator.getMany(
        batch.flatMap((unit) => [paths.unit(unit), paths.removal(unit)]),
      );
      const standing = batch.flatMap((unit, index) => {
        const node = nodes[2 * index];
        if (node === undefined) return [];
        const machine = parseSound(paths.unit(unit), unitSchema, node, [])?.value.machine ?? null;
        return [{ unit, machine, standing: nodes[2 * index + 1] }];
      });
      if (standing.length === 0) return;
      const keeping = await machinesThatKeep(
        coordinator,
        standing.map(({ machine }) => machine),
      );
      const requests = standing.map((each) => {
        const asked = { standing: each.standing, named: true, keeps: keeping.has(each.machine) };
        return { ...each, request: removalInPlaceOf(removal, asked) };
      });
      const operations = requests.map(({ unit, standing: before, request }) =>
        requestOperation(paths.removal(unit), request, before),
      );
      const names = requests.map(({ unit }) => unit);
      const entry = asked && { ...asked([...done, ...names]), id };
      await coordinator.transaction([
        ...operations,
        ...(await recordOperations(coordinator, [service], entry)),
      ]);
      done.push(...names);
      for (const { unit, request } of requests) tellKept(unit, removal, request, told);
    });
  }
}

/** @throws UnitNotFound, UnitIsSubordinate */
export async function requireRemovable(coordinator: Coordinator, units: readonly string[]): Promise<void> {
  const found = await Promise.all(units.map((name) => requireUnit(coordinator, name)));
  for (const [index, { value }] of found.entries()) {
    // One whose principal is gone would otherwise stay for ever.
    if (value.principal !== undefined && (await coordinator.get(paths.unit(value.principal))) !== undefined)
      throw new UnitIsSubordinate({ unit: units[index] ?? '', principal: value.principal });
  }
}

/** Which units shall go, and what of them. */
export interface UnitRemoval extends Leavings {
  readonly units: readonly string[];
  readonly by: Requester;
}

/** Says if the directories of the units are kept or removed at once; by default as the environment says. */
export interface Leavings {
  readonly keepData?: boolean | undefined;
  readonly purge?: boolean | undefined;
}

/** The request as it stands at each unit. */
export function removalBy(by: Requester, { keepData = false, purge = false }: Leavings): Removal {
  return { ...by, ...(keepData && { keepData }), ...(purge && { purge }) };
}

/**
 * Asks units to stop and go; either all of them exist, or none is asked.
 * @param told of each unit whose directory is kept although this request did not ask for it
 * @returns the units that are gone already, and those that stop first
 * @throws UnitNotFound, UnitIsSubordinate
 */
export async function removeUnits(
  { coordinator }: Pick<Session, 'coordinator'>,
  { units, by, ...leavings }: UnitRemoval,
  told: KeptAnyway,
): Promise<{ readonly gone: readonly string[]; readonly going: readonly string[] }> {
  const entryOf = (asked: readonly string[]): HistoryEntry =>
    requestEntry(by, { what: 'remove-unit', message: namesOf(asked) });
  await requestRemoval(coordinator, units, removalBy(by, leavings), entryOf, told);
  const left = await coordinator.getMany(units.map(paths.unit));
  const isGone = units.map((_, index) => left[index] === undefined);
  return {
    gone: units.filter((_, index) => isGone[index]),
    going: units.filter((_, index) => !isGone[index]),
  };
}
