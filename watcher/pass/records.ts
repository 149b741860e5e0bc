import { createHash } from 'node:crypto';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { WatchedRepository } from '../../state/model/watcher.js';
import type { Pass } from '../contract/led.js';

/** Milliseconds after which a record is written again that only says that nothing changed. */
const AGAIN = 300_000;
/** Operations in one transaction. */
const TOGETHER = 50;

/** The records of how repositories answered, of one environment: written where they say something new. */
export class Records {
  readonly #written = new Map<string, WatchedRepository>();
  readonly #waiting = new Map<string, WatchedRepository>();
  /** The last ones, written or not. */
  readonly #last = new Map<string, WatchedRepository>();
  #isRead = false;

  /** What another watcher, or this one before it led, knew of the repositories; nothing where that was read already. */
  async read({ session: { coordinator } }: Pass): Promise<readonly WatchedRepository[]> {
    if (this.#isRead) return [];
    const all = await readWatchedRepositories(coordinator);
    this.#isRead = true;
    for (const record of all) this.#written.set(keyOf(placeIn(record)), record);
    return all;
  }

  note(place: string, record: WatchedRepository): void {
    const key = keyOf(place);
    const before = this.#waiting.get(key) ?? this.#written.get(key);
    const known = {
      ...record,
      ...(record.lastOkAt === undefined && before?.lastOkAt !== undefined && { lastOkAt: before.lastOkAt }),
    };
    this.#last.set(key, known);
    if (before === undefined || isNews(before, known)) this.#waiting.set(key, known);
  }

  /** How a repository answered before; undefined where it was not asked yet. */
  before(place: string): WatchedRepository | undefined {
    return this.#waiting.get(keyOf(place)) ?? this.#written.get(keyOf(place));
  }

  /** The keys of those that did not answer since then. @param since milliseconds since 1970 */
  unansweredSince(places: readonly string[], since: number): readonly string[] {
    return places.map(keyOf).filter((key) => !(Date.parse(this.#last.get(key)?.at ?? '') >= since));
  }

  /**
   * Writes what waits, and removes those that nobody watches any more.
   * @param places all that are watched
   * @param since those that answered since then are written too, although they say nothing new: somebody wants to see it
   */
  async write(
    { session: { coordinator } }: Pass,
    places: readonly string[],
    since = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    for (const [key, record] of this.#last)
      if (Date.parse(record.at) >= since) this.#waiting.set(key, record);
    const watched = new Set(places.map(keyOf));
    const present = new Set((await coordinator.children(paths.watcherRepositories)) ?? []);
    const operations: Operation[] = [];
    for (const [key, record] of this.#waiting) {
      const path = paths.watcherRepository(key);
      const value = nodeValue(record);
      operations.push(present.has(key) ? { kind: 'set', path, value } : { kind: 'create', path, value });
      this.#written.set(key, record);
    }
    this.#waiting.clear();
    for (const key of present)
      if (!watched.has(key)) {
        operations.push({ kind: 'remove', path: paths.watcherRepository(key) });
        this.#written.delete(key);
        this.#last.delete(key);
      }
    for (let index = 0; index < operations.length; index += TOGETHER)
      await coordinator.transaction(operations.slice(index, index + TOGETHER));
  }
}

/** What cannot be read as a place is one of its own. */
export function placeIn({ location }: Pick<WatchedRepository, 'location'>): string {
  try {
    return placeOf(location);
  } catch {
    return location;
  }
}

/** The name of a repository's node. */
export function keyOf(place: string): string {
  return createHash('sha256').update(place).digest('hex').slice(0, 16);
}

function isNews(before: WatchedRepository, next: WatchedRepository): boolean {
  const fixed = ({ at: _at, ms: _ms, lastOkAt: _ok, ...rest }: WatchedRepository): string => nodeValue(rest);
  return fixed(before) !== fixed(next) || Math.abs(Date.parse(next.at) - Date.parse(before.at)) >= AGAIN;
}
