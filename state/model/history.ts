import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { unlessGone } from '../coordination/unless-gone.js';
import * as z from '../zod.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, type Problem, parseSound, readEntity, readSound } from './entity.js';
import { type HistoryEntry, historyEntrySchema, ofLife } from './history-entry.js';
import { compareUnits, nodeOfUnit, paths, unitOfNode } from './paths.js';
import { type Service, serviceSchema } from './schemas.js';

/** The same whatever its entries say: one that cannot be read stays where it is, and hides no other. */
const keptSchema = z.looseObject({ entries: z.array(z.unknown()) });

/** Entries kept of what was asked of a service. */
const MOST_OF_SERVICE = 200;

/** Entries kept per unit: many units' are written in one transaction, which the coordinator bounds. */
const MOST_OF_UNIT = 30;

/** Units of a service that are gone and whose history is kept. */
const MOST_GONE_UNITS = 50;

/** A unit's history after `news`, each of which counts once. */
export function unitHistoryWith(
  past: readonly HistoryEntry[],
  news: readonly HistoryEntry[],
): readonly HistoryEntry[] {
  const known = new Set(past.map(({ id }) => id));
  return [...past, ...news.filter(({ id }) => !known.has(id))].slice(-MOST_OF_UNIT);
}

/**
 * The operations that put a request on the services' record, for the transaction that makes it: it is on record where it
 * stands, and nowhere else. None where there is no entry; one with the id of an entry that stands takes its place.
 */
export async function recordOperations(
  coordinator: Coordinator,
  services: readonly string[],
  entry: HistoryEntry | undefined,
): Promise<readonly Operation[]> {
  if (entry === undefined) return [];
  const operations = await Promise.all(
    services.map(async (service): Promise<readonly Operation[]> => {
      const path = paths.serviceHistory(service);
      const life = entry.incarnation === undefined ? await lifeOfService(coordinator, service) : {};
      let standing = await coordinator.get(path);
      if (standing === undefined) {
        await openServiceHistory(coordinator, service);
        standing = await coordinator.get(path);
      }
      const kept = parseSound(path, keptSchema, standing, []);
      // What is asked is not given up because it cannot go on record.
      if (standing !== undefined && kept === undefined) return [];
      const others = (kept?.value.entries ?? []).filter((each) => idOf(each) !== entry.id);
      const entries = [...others, ofLife(entry, life)].slice(-MOST_OF_SERVICE);
      return [{ kind: 'set', path, value: nodeValue({ entries }), ...(kept && { version: kept.version }) }];
    }),
  );
  return operations.flat();
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
 * What is kept of one unit.
 * @param problems gets what of it cannot be read
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
 * What is kept of a service and of all its units, also those that are gone, by time; or of one unit, with what was asked
 * of it by name.
 * @param problems gets what of it cannot be read
 */
export async function readServiceHistory(
  coordinator: Coordinator,
  service: string,
  unit?: string,
  problems: Problem[] = [],
): Promise<readonly HistoryEntry[]> {
  const [own, nodes] = await Promise.all([
    readEntries(coordinator, paths.serviceHistory(service), problems),
    unit === undefined ? coordinator.children(paths.serviceHistory(service)) : [nodeOfUnit(unit)],
  ]);
  const units = await Promise.all(
    (nodes ?? []).map((node) => readUnitHistory(coordinator, unitOfNode(node), problems)),
  );
  const asked = own.filter((entry) => unit === undefined || entry.unit === unit);
  return [...asked, ...units.flat()].sort(byTime);
}

/** The services there is a history of, also those that are gone. */
export async function servicesWithHistory(coordinator: Coordinator): Promise<readonly string[]> {
  return (await coordinator.children(paths.history)) ?? [];
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

function byTime(a: HistoryEntry, b: HistoryEntry): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}
