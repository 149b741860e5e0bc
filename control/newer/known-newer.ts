import { readEntities, readSound } from '../../state/model/entity.js';
import { readNewer } from '../../state/model/newer.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { watcherStateSchema } from '../../state/model/watcher.js';
import type { Session } from '../session.js';
import { findNewer, type Patience } from './find-newer.js';
import { type NewerEntry, newerDocument } from './newer-document.js';

/** How much of what is known already will do. */
export interface Asking {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Ask the repositories, whatever is known. */
  readonly refresh?: boolean;
  readonly patience?: Patience;
}

/**
 * The newer revisions for services: as whoever watches their repositories wrote it into the state, where that was lately, and
 * with the word that the watcher was paused since, where it was; else the repositories are asked.
 * @param names default: all services, without those that are going
 * @throws ServiceNotFound
 */
export async function knownNewer(
  session: Session,
  names: readonly string[],
  { now, refresh = false, patience }: Asking,
): Promise<Readonly<Record<string, NewerEntry>>> {
  const { coordinator } = session;
  const asked = names.length > 0 ? names : ((await coordinator.children(paths.services)) ?? []);
  const services = refresh ? [] : await readEntities(coordinator, asked.map(paths.service), serviceSchema);
  const known = await Promise.all(
    services.map(async (each, index) => {
      const service = asked[index];
      if (each === undefined || service === undefined || each.value.destroying === true) return [];
      const found = await readNewer(coordinator, { service, formula: each.value.formula }, now);
      return found === undefined ? [] : [[service, found] as const];
    }),
  );
  const watcher = refresh
    ? undefined
    : await readSound(coordinator, paths.watcherState, watcherStateSchema, []);
  const paused = watcher?.value.paused;
  const entries = new Map<string, NewerEntry>(
    known
      .flat()
      .map(([name, found]): readonly [string, NewerEntry] => [
        name,
        paused === undefined ? found : { ...found, paused },
      ]),
  );
  const rest = asked.filter((name) => !entries.has(name));
  // Asked for none, it would look at all.
  const found = rest.length === 0 ? {} : await findRest(session, names, rest, patience);
  const all = { ...Object.fromEntries(entries), ...found };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Services that were named have to be there; one of all may have gone since. */
async function findRest(
  session: Session,
  names: readonly string[],
  rest: readonly string[],
  patience: Patience | undefined,
): Promise<Readonly<Record<string, NewerEntry>>> {
  const found = newerDocument(await findNewer(session, names.length > 0 ? rest : [], patience));
  return Object.fromEntries(Object.entries(found).filter(([name]) => rest.includes(name)));
}
