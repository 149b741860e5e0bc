import { pause, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { type Absence, absenceOf } from '../../state/model/absence.js';
import { parseSound } from '../../state/model/entity.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import { readUnitStates, type UnitState } from '../status/snapshot.js';

/**
 * How soon units are read again, by how many are left. `least`: milliseconds, shorter than a person sees; where few are
 * left, short beside what an agent does. `rest`: how many times as long as a reading kept the processor nothing is read
 * after it, so that many are followed for a twentieth of a core. Not as long as it took, which is more where agents are
 * at work, and the last reading is late then.
 */
const PACES = {
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

/** Milliseconds after which units are read that have no watches, or of which none was heard. */
const UNHEARD_FOR = 2_000;

/** The state of the followed units and of the agents that work on them. */
export interface WatchedUnits {
  /** Undefined for a unit that is not there (any more). */
  readonly units: ReadonlyMap<string, UnitState | undefined>;
  /** The machines whose agent is up. */
  readonly agentsUp: ReadonlySet<string>;
  /** The reasons why the other machines have no agent. */
  readonly absences?: ReadonlyMap<string, Absence>;
  /** The registered machines. */
  readonly machines: readonly string[];
  /** Whether all units were read just now, or are watched. */
  readonly recent: boolean;
  /** By unit, in which turn of reading it was read last: a later turn begins after what was known in the one before. */
  readonly turns?: ReadonlyMap<string, number>;
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

/** Units that are being watched. */
export interface UnitWatch {
  end(): void;
  /** Has units read anew. @returns the turn of reading from which on they are as they were after this call */
  again(names: readonly string[]): number;
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
): UnitWatch {
  const units = new Map<string, UnitState | undefined>();
  const agentsUp = new Set<string>();
  const absences = new Map<string, Absence>();
  /** How often each machine's agent was heard of: what was read for an earlier time says nothing. */
  const heard = new Map<string, number>();
  const watched = new Map<string, readonly Observation[]>();
  const observedAgents = new Map<string, Observation>();
  const pendingAgents = new Set<string>();
  const stale = new Set<string>(names);
  const allWatched = names.length <= MOST_WATCHED;
  let open = names;
  const left = (): keyof typeof PACES =>
    open.length <= MOST_WATCHED ? 'few' : open.length <= SOME ? 'some' : 'many';
  let machines: readonly string[] | undefined;
  let later: Timer | undefined;
  let reading = false;
  let ended = false;
  let turn = 0;
  const turns = new Map<string, number>();

  const tell = (recent: boolean): void => {
    if (ended || machines === undefined || pendingAgents.size > 0 || units.size < names.length) return;
    open = look({ units, agentsUp, absences, machines, recent, turns });
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
      turn += 1;
      const begun = turn;
      const states = await readUnitStates(coordinator, batch);
      for (const [index, name] of batch.entries()) {
        units.set(name, states[index]);
        turns.set(name, begun);
      }
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

  const observeAgent = (machine: string): void => {
    if (observedAgents.has(machine)) return;
    pendingAgents.add(machine);
    const observation = coordinator.observe(paths.agent(machine), (node) => {
      const time = (heard.get(machine) ?? 0) + 1;
      heard.set(machine, time);
      const stopped = stoppedAt(node);
      if (isPresence(node)) isKnown(machine, undefined);
      else if (stopped !== undefined) isKnown(machine, { kind: 'stopped', at: stopped });
      else
        void whyAbsent(machine).then((absence) => {
          if (!ended && heard.get(machine) === time) isKnown(machine, absence);
        });
    });
    observedAgents.set(machine, observation);
  };

  /** @param absence undefined where its agent is up */
  const isKnown = (machine: string, absence: Absence | undefined): void => {
    pendingAgents.delete(machine);
    if (absence === undefined) {
      agentsUp.add(machine);
      absences.delete(machine);
    } else {
      agentsUp.delete(machine);
      absences.set(machine, absence);
    }
    tell(allWatched);
  };

  /** The machine's node outlives the presence of an agent that stopped. */
  const whyAbsent = async (machine: string): Promise<Absence> => {
    const path = paths.machine(machine);
    // Without an answer nothing more is known than that it is away.
    const node = await coordinator.get(path).catch(() => undefined);
    return absenceOf(parseSound(path, machineSchema, node, [])?.value);
  };

  const observedMachines = coordinator.observeChildren(paths.machines, (children) => {
    machines = children ?? [];
    for (const machine of machines) observeAgent(machine);
    tell(allWatched);
  });

  const end = (): void => {
    ended = true;
    later?.cancel();
    for (const observation of [observedMachines, ...[...watched.values()].flat(), ...observedAgents.values()])
      observation.close();
  };

  // Read once they are watched: what changes in between is heard of then.
  watch(names.slice(0, MOST_WATCHED));
  later = systemClock.after(UNHEARD_FOR, () => lookAgain(names));
  return {
    end,
    again(of) {
      lookAgain(of);
      return turn + 1;
    },
  };
}
