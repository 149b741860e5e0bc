import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { unlessGone } from '../coordination/unless-gone.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { type Entity, nodeValue, type Problem, parseSound, readEntity, readSound } from './entity.js';
import { boundedHistory, type HistoryLimits } from './history-bounds.js';
import { type HistoryEntry, historyEntrySchema, ofLife } from './history-entry.js';
import { inOrder } from './history-order.js';
import { compareUnits, ENVIRONMENT, nodeOfUnit, paths, unitOfNode } from './paths.js';
import { type Service, serviceSchema } from './service-schemas.js';

/** The same whatever its entries say: one that cannot be read stays where it is, and hides no other. */
const keptSchema = z.looseObject({ entries: z.array(z.unknown()) });

/** More requests than there will ever be: whatever says so is wrong. */
const MOST_REQUESTS = 1e15;

/** `/history`: the number of the last request. */
const countSchema = z.looseObject({
  order: z.optional(z.int().check(z.nonnegative(), z.lt(MOST_REQUESTS))),
});

/** The bounds for the requests of one service, or of the environment. */
const OF_SERVICE: HistoryLimits = { entries: 200, commands: 50, characters: 200_000 };

/** The bounds for one unit: many units' histories are written in one transaction, which the coordinator bounds. */
const OF_UNIT: HistoryLimits = { entries: 30, commands: 10, characters: 30_000 };

/** Units of a service that are gone and whose history is kept. */
const MOST_GONE_UNITS = 50;

/** A unit's history after `news`, each of which counts once. */
export function unitHistoryWith(
  past: readonly HistoryEntry[],
  news: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  const known = new Set(past.map(({ id }) => id));
  return boundedHistory([...past, ...news.filter(({ id }) => !known.has(id))], OF_UNIT);
}

/**
 * The operations that put a request on the services' record, for the transaction that makes it: it is on record where it
 * stands, and nowhere else. None where there is no entry; one with the id of an entry that stands takes its place. A
 * transaction takes them once, as they number the request.
 */
export async function recordOperations(
  coordinator: Coordinator,
  services: readonly string[],
  entry: HistoryEntry | undefined,
): Promise<readonly Operation[]> {
  if (entry === undefined) return [];
  const records = await Promise.all(
    services.map(async (service): Promise<Recorded> => {
      const life = entry.incarnation === undefined ? await lifeOfService(coordinator, service) : {};
      return { path: paths.serviceHistory(service), entry: ofLife(entry, life) };
    }),
  );
  return numberedOperations(coordinator, records);
}

/**
 * The same of what concerns the environment or its machines. It is on no service's record: a machine may have units of so
 * many that their records together are more than one transaction takes.
 */
export async function recordEnvironmentOperations(
  coordinator: Coordinator,
  entry: HistoryEntry | undefined,
): Promise<readonly Operation[]> {
  return entry === undefined
    ? []
    : numberedOperations(coordinator, [{ path: paths.environmentHistory, entry }]);
}

/** An entry, and the node whose record it goes on. */
interface Recorded {
  readonly path: string;
  readonly entry: HistoryEntry;
}

/**
 * A request is not given up because it cannot go on record: a node that cannot be read stays as it is. The number
 * makes requests of the whole environment one sequence, whatever their clocks say.
 */
async function numberedOperations(
  coordinator: Coordinator,
  records: readonly Recorded[],
): Promise<readonly Operation[]> {
  const [root, ...nodes] = await coordinator.getMany([paths.history, ...records.map(({ path }) => path)]);
  const count = parseSound(paths.history, countSchema, root, []);
  const order = root === undefined || count !== undefined ? (count?.value.order ?? 0) + 1 : undefined;
  const operations = records.flatMap(({ path, entry }, index): readonly Operation[] => {
    const standing = nodes[index];
    const kept = parseSound(path, keptSchema, standing, []);
    if (standing !== undefined && kept === undefined) return [];
    const others = (kept?.value.entries ?? []).filter((each) => idOf(each) !== entry.id);
    const entries = boundedHistory([...others, { ...entry, ...(order && { order }) }], OF_SERVICE);
    return [written(path, kept, { ...kept?.value, entries })];
  });
  if (operations.length === 0 || order === undefined) return operations;
  return [written(paths.history, count, { ...count?.value, order }), ...operations];
}

/** Makes the node, or writes it over what was read of it. */
function written(path: string, standing: Entity<unknown> | undefined, value: unknown): Operation {
  const text = nodeValue(value);
  if (standing === undefined) return { kind: 'create', path, value: text };
  return { kind: 'set', path, value: text, version: standing.version };
}

/** The number of the last request that is on record; undefined where none has one. */
export async function lastRequest(coordinator: Coordinator): Promise<number | undefined> {
  return (await readSound(coordinator, paths.history, countSchema, []))?.value.order;
}

/** A unit's entry, placed after the requests that are on record by then. */
export function afterRequest(entry: HistoryEntry, last: number | undefined): HistoryEntry {
  return last === undefined ? entry : { ...entry, after: last };
}

/** A service that cannot be read has its record all the same. */
async function lifeOfService(
  coordinator: Coordinator,
  service: string,
): Promise<Pick<Service, 'incarnation'>> {
  const found = await readEntity(coordinator, paths.service(service), serviceSchema).catch(() => undefined);
  return found?.value ?? {};
}

/** Notes what somebody asks of a service or some of its units, where no one transaction does so. */
export async function recordRequest(
  coordinator: Coordinator,
  service: string,
  entry: HistoryEntry,
): Promise<void> {
  await retryOnConflict(`history of ${service}`, async () =>
    coordinator.transaction(await recordOperations(coordinator, [service], entry)),
  );
}

/** Makes the node that a service's history stands under, unless it is there. */
export async function openServiceHistory(coordinator: Coordinator, service: string): Promise<void> {
  if ((await coordinator.get(paths.serviceHistory(service))) !== undefined) return;
  for (const [path, value] of [
    [paths.history, '{}'],
    [paths.serviceHistory(service), nodeValue({ entries: [] })],
  ] as const) {
    await coordinator.create(path, value).catch((error: unknown) => {
      if (!(error instanceof NodeExists)) throw error;
    });
  }
}

/** The operations that make a unit's history node, unless it is there. */
export async function openUnitHistory(coordinator: Coordinator, unit: string): Promise<readonly Operation[]> {
  const path = paths.unitHistory(unit);
  if ((await coordinator.get(path)) !== undefined) return [];
  return [{ kind: 'create', path, value: nodeValue({ entries: [] }) }];
}

/**
 * The history that is kept of one unit.
 * @param problems gets the parts that cannot be read
 */
export async function readUnitHistory(
  coordinator: Coordinator,
  unit: string,
  problems: Problem[] = [],
): Promise<readonly HistoryEntry[]> {
  const entries = await readEntries(coordinator, paths.unitHistory(unit), problems);
  return entries.map((entry) => ({ ...entry, unit }));
}

async function readEntries(
  coordinator: Coordinator,
  path: string,
  problems: Problem[],
): Promise<readonly HistoryEntry[]> {
  const found = await readSound(coordinator, path, keptSchema, problems);
  return (found?.value.entries ?? []).flatMap((entry, index) => {
    const result = historyEntrySchema.safeParse(entry);
    if (result.success) return [result.data];
    const [issue] = result.error.issues;
    problems.push({
      path,
      reason: `entries.${[index, ...(issue?.path ?? [])].join('.')}: ${issue?.message}`,
    });
    return [];
  });
}

function idOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : undefined;
}

/**
 * The history that is kept of a service and of all its units, also those that are gone, in order; or of one unit,
 * with the requests that name it.
 * @param problems gets the parts that cannot be read
 */
export async function readServiceHistory(
  coordinator: Coordinator,
  service: string,
  unit?: string,
  problems: Problem[] = [],
): Promise<readonly HistoryEntry[]> {
  return inOrder(await serviceHistories(coordinator, service, unit, problems));
}

/** The same, each history by itself. */
export async function serviceHistories(
  coordinator: Coordinator,
  service: string,
  unit: string | undefined,
  problems: Problem[],
): Promise<readonly (readonly HistoryEntry[])[]> {
  const [own, nodes] = await Promise.all([
    readEntries(coordinator, paths.serviceHistory(service), problems),
    unit === undefined ? coordinator.children(paths.serviceHistory(service)) : [nodeOfUnit(unit)],
  ]);
  const units = await Promise.all(
    (nodes ?? []).map((node) => readUnitHistory(coordinator, unitOfNode(node), problems)),
  );
  return [own.filter((entry) => unit === undefined || entry.unit === unit), ...units];
}

/** The history that is kept of the environment and its machines. @param problems gets the parts that cannot be read */
export function readEnvironmentHistory(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly HistoryEntry[]> {
  return readEntries(coordinator, paths.environmentHistory, problems);
}

/** The services there is a history of, also those that are gone. */
export async function servicesWithHistory(coordinator: Coordinator): Promise<readonly string[]> {
  const nodes = (await coordinator.children(paths.history)) ?? [];
  return nodes.filter((node) => node !== ENVIRONMENT);
}

/** Forgets units of a service that are gone, the earliest first, when there are many. */
export async function pruneHistory(coordinator: Coordinator, service: string): Promise<void> {
  const [kept = [], present = []] = await Promise.all([
    coordinator.children(paths.serviceHistory(service)),
    coordinator.children(paths.serviceUnits(service)),
  ]);
  const here = new Set(present);
  const gone = kept.filter((node) => !here.has(node)).map(unitOfNode);
  const old = gone.sort(compareUnits).slice(0, Math.max(0, gone.length - MOST_GONE_UNITS));
  await Promise.all(old.map((unit) => unlessGone(() => coordinator.remove(paths.unitHistory(unit)))));
}
