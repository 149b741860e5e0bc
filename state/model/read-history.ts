import type { Coordinator } from '../coordination/coordinator.js';
import type { Problem } from './entity.js';
import { readEnvironmentHistory, serviceHistories, servicesWithHistory } from './history.js';
import type { HistoryEntry } from './history-entry.js';
import { inOrder } from './history-order.js';
import { serviceOfUnit } from './paths.js';
import { requireService } from './services.js';
import { requireUnit } from './units.js';

/** An entry, and the service whose history it is in; undefined where it concerns none. */
export type HistoryOf = HistoryEntry & { readonly service?: string };

/**
 * All that is on record of a service or a unit, or of everything there is and was, in order.
 * @param problems gets what of it cannot be read
 * @throws ServiceNotFound, UnitNotFound, for what never was: what is gone has a history
 */
export async function readHistory(
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

/** What was asked of two services, such as to be related, is on record with both. */
function withoutTwins(entries: readonly HistoryOf[]): HistoryOf[] {
  const seen = new Set<string>();
  return entries.filter(({ id, outcome }) => outcome !== 'asked' || (!seen.has(id) && seen.add(id)));
}
