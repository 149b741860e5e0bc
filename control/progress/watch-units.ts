import { pause, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { readUnitStates, type UnitState } from '../status/snapshot.js';
import { type KnownAgents, watchAgents } from './watch-agents.js';

/**
 * How soon units are read again, by how many are left. `least`: milliseconds, shorter than a person sees; where few are
 * left, short beside what an agent does. `rest`: how many times as long as a reading kept whoever reads busy nothing is read
 * after it, so that many are followed for a twentieth of a core. Who follows units measures that by the processor's time, a
 * driver by how long it takes to take in and tell what was read. Neither counts the wait for the coordinator, which is
 * longer where agents are at work: the last reading would be late then.
 */
export const PACES = {
  few: { least: 5, rest: 2 },
  some: { least: 10, rest: 4 },
  many: { least: 50, rest: 19 },
} as const;

/**
 * Units with watches. Watches on all of many are most of what following costs the agents' coordinator (docs/scale.md),
 * and where these few change, the others do.
 */
const MOST_WATCHED = 16;

/** Units that are left, of which more are many. */
const SOME = 100;

/** How soon so many units are read again that are left. */
export function paceOf(left: number): keyof typeof PACES {
  return left <= MOST_WATCHED ? 'few' : left <= SOME ? 'some' : 'many';
}

/** Milliseconds after which units are read that have no watches, or of which none was heard. */
const UNHEARD_FOR = 2_000;

/** The state of the followed units and of the agents that work on them. */
export interface WatchedUnits extends KnownAgents {
  /** Undefined for a unit that is not there (any more). */
  readonly units: ReadonlyMap<string, UnitState | undefined>;
  /** Whether all units were read just now, or are watched. */
  readonly recent: boolean;
  /** Of units that nobody asked yet, what keeps them: they wait for their turn in a rollout. */
  readonly waiting?: ReadonlyMap<string, Turn>;
  /** More is about to happen, whatever the units say. */
  readonly goesOn?: boolean;
}

/** What keeps a unit that waits for its turn, in words. */
export interface Turn {
  readonly reason: string;
  /**
   * `agent`: that its own agent is away. `somebody`: nothing goes on until somebody says so. `failed`: it is waited for no
   * more.
   */
  readonly on: 'others' | 'agent' | 'somebody' | 'failed';
}

/**
 * Keeps a picture of some units up to date and calls `look` after every change of it, first when it is complete.
 *
 * An observed change only says "look again": the unit is then read as a whole, its status after its formula, so that
 * a formula that an upgrade just committed is never seen together with the status of before.
 * @param look returns the units that may still change, the ones to be watched first; the others are read again only
 *   when none is left, and `look` is then called with `recent` true
 * @param failed called at most once, when a reading fails; the picture stands still then
 */
export function watchUnits(
  coordinator: Coordinator,
  names: readonly string[],
  look: (watched: WatchedUnits) => readonly string[],
  failed: (error: unknown) => void,
): { end(): void } {
  const units = new Map<string, UnitState | undefined>();
  const watched = new Map<string, readonly Observation[]>();
  const stale = new Set<string>(names);
  const allWatched = names.length <= MOST_WATCHED;
  let open = names;
  const left = (): keyof typeof PACES => paceOf(open.length);
  let later: Timer | undefined;
  let reading = false;
  let ended = false;

  const tell = (recent: boolean): void => {
    if (ended || !agents.areKnown() || units.size < names.length) return;
    open = look({ units, ...agents.known(), recent });
    if (ended) return;
    watch(allWatched ? names : open.slice(0, MOST_WATCHED));
    if (open.length === 0 && !recent) lookAgain(names);
  };

  const watch = (wanted: readonly string[]): void => {
    const kept = new Set(wanted);
    for (const [name, observations] of watched) {
      if (kept.has(name)) continue;
      watched.delete(name);
      for (const observation of observations) observation.close();
    }
    for (const name of wanted) {
      if (watched.has(name)) continue;
      const of = [paths.status(name), paths.unit(name), paths.upgrade(name)];
      watched.set(
        name,
        of.map((path) => coordinator.observe(path, () => lookAgain([name]))),
      );
    }
  };

  const lookAgain = (of: readonly string[]): void => {
    for (const name of of) stale.add(name);
    if (reading || ended) return;
    reading = true;
    later?.cancel();
    // After what is told of in the same turn: of all the watches of many units, mostly.
    setImmediate(() => {
      read().catch((error: unknown) => {
        if (ended) return;
        end();
        failed(error);
      });
    });
  };

  const read = async (): Promise<void> => {
    while (stale.size > 0 && !ended) {
      // Of so few every change is heard of.
      const batch = left() === 'few' ? [...stale] : [...new Set([...stale, ...open])];
      stale.clear();
      const before = process.cpuUsage();
      const states = await readUnitStates(coordinator, batch);
      for (const [index, name] of batch.entries()) units.set(name, states[index]);
      const { user, system } = process.cpuUsage(before);
      tell(allWatched || batch.length === names.length);
      // Changes that come together are read once: a rollout of many units changes each several times in a moment. If
      // none is left but the last look at all of them, nothing changes any more.
      const { least, rest } = PACES[left()];
      if (!ended && open.length > 0)
        await pause(systemClock, Math.max(least, rest * ((user + system) / 1_000)));
    }
    reading = false;
    if (!ended && open.length > watched.size) later = systemClock.after(UNHEARD_FOR, () => lookAgain(open));
  };

  const end = (): void => {
    ended = true;
    later?.cancel();
    agents.end();
    for (const observation of [...watched.values()].flat()) observation.close();
  };

  const agents = watchAgents(coordinator, () => tell(allWatched));

  // Read once they are watched: what changes in between is heard of then.
  watch(names.slice(0, MOST_WATCHED));
  later = systemClock.after(UNHEARD_FOR, () => lookAgain(names));
  return { end };
}
