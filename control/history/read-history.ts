import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Problem } from '../../state/model/entity.js';
import { readEnvironmentHistory, serviceHistories, servicesWithHistory } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { inOrder, ofPeriod, type Period } from '../../state/model/history-order.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { requireService } from '../../state/model/services.js';
import { requireUnit } from '../../state/model/units.js';
import { isOfPerson } from '../../state/model/person.js';
import type { Session } from '../session.js';

/** An entry, and the service whose history it is in; undefined where it concerns none. */
export type HistoryOf = HistoryEntry & { readonly service?: string };

/** Which entries of a history are wanted; all of them where nothing is said. */
export interface HistoryRequest extends Period {
  /** A service or a unit. */
  readonly subject?: string | undefined;
  /** `ann`, `ann@m0`, or a pattern of either. */
  readonly by?: string | undefined;
  /** Kinds. */
  readonly what?: readonly string[] | undefined;
  /** Milliseconds since 1970: an entry of a later time says nothing about when the period begins. */
  readonly now: number;
}

/**
 * Reads the history of a service or a unit, or of everything there is and was, in order.
 * @param problems gets the parts that cannot be read
 * @returns the chosen entries, and how many there are without the choice
 * @throws ServiceNotFound, UnitNotFound, for a name that never was: one that is gone has a history
 */
export async function readHistory(
  { coordinator }: Pick<Session, 'coordinator'>,
  request: HistoryRequest,
  problems: Problem[],
): Promise<{ readonly entries: readonly HistoryOf[]; readonly all: number }> {
  const all = await readAll(coordinator, request.subject, problems);
  const entries = ofPeriod(all, request, request.now).filter((entry) => isChosen(entry, request));
  return { entries, all: all.length };
}

async function readAll(
  coordinator: Coordinator,
  subject: string | undefined,
  problems: Problem[],
): Promise<readonly HistoryOf[]> {
  const of = async (service: string, unit?: string): Promise<readonly (readonly HistoryOf[])[]> =>
    (await serviceHistories(coordinator, service, unit, problems)).map((list) =>
      list.map((entry) => ({ ...entry, service })),
    );
  if (subject === undefined) {
    const services = await servicesWithHistory(coordinator);
    const [own, ...others] = await Promise.all([
      readEnvironmentHistory(coordinator, problems),
      ...services.map((service) => of(service)),
    ]);
    return withoutTwins(inOrder([own, ...others.flat()]));
  }
  const isUnit = subject.includes('/');
  const entries = inOrder(await (isUnit ? of(serviceOfUnit(subject), subject) : of(subject)));
  if (entries.length === 0 && problems.length === 0)
    await (isUnit ? requireUnit(coordinator, subject) : requireService(coordinator, subject));
  return entries;
}

/** A request that concerned two services, such as to relate them, is on record with both. */
function withoutTwins(entries: readonly HistoryOf[]): HistoryOf[] {
  const seen = new Set<string>();
  return entries.filter(({ id, outcome }) => outcome !== 'asked' || (!seen.has(id) && seen.add(id)));
}

function isChosen(entry: HistoryEntry, { by, what }: HistoryRequest): boolean {
  return (
    (by === undefined || (entry.by !== undefined && isOfPerson(entry.by, by))) &&
    (what === undefined || what.some((kind) => isOfKind(entry, kind)))
  );
}

/** Release 0.1.0 put what was set on record as `config`, as units do what comes of it. */
function isOfKind({ what, outcome }: HistoryEntry, kind: string): boolean {
  return what === kind || (kind === 'set' && what === 'config' && outcome === 'asked');
}
