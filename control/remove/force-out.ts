import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { UnitHasAgent } from '../../state/model/errors.js';
import {
  afterRequest,
  lastRequest,
  openServiceHistory,
  openUnitHistory,
  readUnitHistory,
  recordOperations,
  unitHistoryWith,
} from '../../state/model/history.js';
import { type HistoryEntry, newEntry, ofLife } from '../../state/model/history-entry.js';
import { isPresence } from '../../state/model/machines.js';
import { paths, serviceOfUnit, unitOfNode } from '../../state/model/paths.js';
import { relationsOfService, removeMeetingIfEmpty } from '../../state/model/relations.js';
import { requireRemovable } from './remove-units.js';
import { removeRelationIfLeft, removeServiceIfEmpty } from '../../state/model/removal.js';
import type { Requester } from '../../state/model/requester.js';
import { type Unit, unitSchema } from '../../state/model/unit-schemas.js';
import {
  type Buried,
  buryOperation,
  openTombstones,
  REMOVED_BY_FORCE,
} from '../../state/model/tombstones.js';
import { removeUnitOperations, requireUnit } from '../../state/model/units.js';

/**
 * Removes units whose machine is lost, and those placed beside them, from the tree: nobody is there to stop them, so no
 * hook of theirs runs. The others of their relations have seen them depart when their agent went down. May be done twice.
 * @param asked gives what goes on a service's record about these units of it, with the first of them
 * @returns the units that are gone, those beside them among them
 * @throws UnitNotFound, UnitIsSubordinate, UnitHasAgent, before any unit is removed
 */
export async function forceUnitsOut(
  coordinator: Coordinator,
  names: readonly string[],
  requester: Requester,
  asked?: (units: readonly string[]) => HistoryEntry,
): Promise<readonly string[]> {
  await requireRemovable(coordinator, names);
  const machines = await Promise.all(names.map((name) => machineLeft(coordinator, name)));
  const all = new Set(names);
  for (const machine of new Set(machines)) {
    if (machine === null) continue;
    // Those that are going already have left their place beside the other, and are still there.
    for (const name of await unitsBeside(coordinator, machine, names)) all.add(name);
  }
  await forceOut(coordinator, [...all], requester, asked, { isRemoval: true });
  return [...all];
}

/** The machine of a unit, which has no agent up. @throws UnitHasAgent */
async function machineLeft(coordinator: Coordinator, name: string): Promise<string | null> {
  const { machine } = (await requireUnit(coordinator, name)).value;
  if (machine !== null && isPresence(await coordinator.get(paths.agent(machine))))
    throw new UnitHasAgent({ unit: name, machine });
  return machine;
}

/** The units of a machine that were placed beside one of these. */
async function unitsBeside(
  coordinator: Coordinator,
  machine: string,
  principals: readonly string[],
): Promise<readonly string[]> {
  const names = ((await coordinator.children(paths.machineUnits(machine))) ?? []).map(unitOfNode);
  const units = await Promise.all(names.map((name) => readEntity(coordinator, paths.unit(name), unitSchema)));
  return names.filter((_, index) => principals.includes(units[index]?.value.principal ?? ''));
}

/** The intent: the units themselves were to go, or only the machine that they were on. */
interface Meant {
  readonly isRemoval: boolean;
}

/** The same without asking whether anybody is there. @param meant by default only the machine is to be gone */
export async function forceOut(
  coordinator: Coordinator,
  names: readonly string[],
  requester: Requester,
  asked?: (units: readonly string[]) => HistoryEntry,
  meant: Meant = { isRemoval: false },
): Promise<void> {
  const services = [...new Set(names.map(serviceOfUnit))];
  const left = await Promise.all(
    services.map((service) => {
      const units = names.filter((name) => serviceOfUnit(name) === service);
      return forceServiceOut(coordinator, units, requester, meant, asked?.(units));
    }),
  );
  // Only when all units are out: one that is placed beside another meets it there.
  const places = new Map(left.flat().map((place) => [place.meeting, place]));
  await Promise.all(
    [...places.values()].map(({ relation, meeting }) => removeMeetingIfEmpty(coordinator, relation, meeting)),
  );
  const relations = new Set([...places.values()].map(({ relation }) => relation));
  await Promise.all([...relations].map((relation) => removeRelationIfLeft(coordinator, relation)));
  await Promise.all(services.map((service) => removeServiceIfEmpty(coordinator, service)));
}

/** Where a unit may have met others. */
interface Place {
  readonly relation: string;
  readonly meeting: string;
}

/** The request goes on the service's record with the first unit that is removed. @returns where the units were */
async function forceServiceOut(
  coordinator: Coordinator,
  units: readonly string[],
  requester: Requester,
  meant: Meant,
  asked: HistoryEntry | undefined,
): Promise<readonly Place[]> {
  const rest = [...units];
  const places: Place[] = [];
  for (let told = asked === undefined; !told && rest.length > 0; ) {
    const left = await forceUnitOut(coordinator, rest.shift() ?? '', requester, meant, asked);
    told = left !== undefined;
    places.push(...(left ?? []));
  }
  const others = await Promise.all(rest.map((unit) => forceUnitOut(coordinator, unit, requester, meant)));
  return [...places, ...others.flatMap((left) => left ?? [])];
}

/** @returns where the unit was; undefined where it is gone already */
async function forceUnitOut(
  coordinator: Coordinator,
  name: string,
  requester: Requester,
  { isRemoval }: Meant,
  asked?: HistoryEntry,
): Promise<readonly Place[] | undefined> {
  const service = serviceOfUnit(name);
  const { requestedAt: at, by } = requester;
  const entry = newEntry({
    at,
    by,
    what: REMOVED_BY_FORCE,
    outcome: 'done',
    ...(isRemoval && { details: { isRemoval } }),
  });
  await Promise.all([openServiceHistory(coordinator, service), openTombstones(coordinator)]);
  return retryOnConflict(`unit ${name}`, async () => {
    const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
    if (unit === undefined) return undefined;
    const { principal = name } = unit.value;
    const places = (await relationsOfService(coordinator, service)).map(({ number, value: { scope } }) => ({
      relation: number,
      meeting: paths.meeting(number, scope === 'container' ? principal : undefined),
    }));
    const traces = await Promise.all(
      places.map(({ meeting }) => traceOperations(coordinator, name, meeting)),
    );
    await coordinator.transaction([
      ...traces.flat(),
      ...(await recordOperations(coordinator, [service], asked)),
      // A unit without a machine has no agent that has to learn of it.
      ...(unit.value.machine === null
        ? []
        : [await buryOperation(coordinator, name, buriedBy(unit.value, requester, isRemoval))]),
      ...(await historyOperations(coordinator, name, ofLife(entry, unit.value), asked === undefined ? 0 : 1)),
      ...(await removeUnitOperations(coordinator, name, unit)),
    ]);
    return places;
  });
}

/** The word for the agent that comes back. */
function buriedBy({ incarnation }: Unit, { requestedAt, by }: Requester, isRemoval: boolean): Buried {
  return {
    ...(incarnation !== undefined && { incarnation }),
    requestedAt,
    by,
    ...(isRemoval && { isRemoval }),
  };
}

/** Removes what a unit leaves at a meeting: its settings, and its presence as long as its agent's session has not run out. */
async function traceOperations(
  coordinator: Coordinator,
  name: string,
  meeting: string,
): Promise<readonly Operation[]> {
  const nodes = [paths.member(meeting, name), paths.settings(meeting, name)];
  const standing = await Promise.all(nodes.map((path) => coordinator.get(path)));
  return nodes.flatMap((path, index): readonly Operation[] =>
    standing[index] === undefined ? [] : [{ kind: 'remove', path }],
  );
}

/** @param requests how many go on record in the same transaction */
async function historyOperations(
  coordinator: Coordinator,
  name: string,
  entry: HistoryEntry,
  requests: number,
): Promise<readonly Operation[]> {
  const path = paths.unitHistory(name);
  const [past, last] = await Promise.all([coordinator.get(path), lastRequest(coordinator)]);
  const told = afterRequest(entry, last === undefined && requests === 0 ? undefined : (last ?? 0) + requests);
  const value = nodeValue({ entries: unitHistoryWith(await readUnitHistory(coordinator, name), [told]) });
  const created = await openUnitHistory(coordinator, name);
  return [...created, { kind: 'set', path, value, ...(past && { version: past.version }) }];
}
