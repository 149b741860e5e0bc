import { pause, systemClock } from '../../state/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { readUnitState, type UnitState } from '../../state/model/snapshot.js';

/** Milliseconds between two readings: shorter than a person sees. */
const PAUSE = 50;

/** What is known of the followed units and of the agents that work on them. */
export interface WatchedUnits {
  /** Undefined for a unit that is not there (any more). */
  readonly units: ReadonlyMap<string, UnitState | undefined>;
  /** The machines whose agent is up. */
  readonly agentsUp: ReadonlySet<string>;
  /** The registered machines. */
  readonly machines: readonly string[];
}

/**
 * Keeps a picture of some units up to date and calls `look` after every change of it, first when it is complete.
 *
 * An observed change only says "look again": the unit is then read as a whole, its status after its formula, so that
 * a formula that an upgrade just committed is never seen together with the status of before.
 * @param failed called at most once, when a reading fails; the picture stands still then
 * @returns what ends it
 */
export function watchUnits(
  coordinator: Coordinator,
  names: readonly string[],
  look: (watched: WatchedUnits) => void,
  failed: (error: unknown) => void,
): () => void {
  const units = new Map<string, UnitState | undefined>();
  const agentsUp = new Set<string>();
  const observations: Observation[] = [];
  const observedAgents = new Map<string, Observation>();
  const pendingAgents = new Set<string>();
  const stale = new Set<string>(names);
  let machines: readonly string[] | undefined;
  let reading = false;
  let ended = false;

  const tell = (): void => {
    if (ended || machines === undefined || pendingAgents.size > 0 || units.size < names.length) return;
    look({ units, agentsUp, machines });
  };

  const read = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    try {
      while (stale.size > 0 && !ended) {
        const batch = [...stale];
        stale.clear();
        const states = await Promise.all(batch.map((name) => readUnitState(coordinator, name)));
        for (const [index, name] of batch.entries()) units.set(name, states[index]);
        tell();
        // What changes meanwhile is read once: a rollout of many units changes each several times in a moment.
        await pause(systemClock, PAUSE);
      }
    } finally {
      reading = false;
    }
  };

  const readSoon = (): void => {
    read().catch((error: unknown) => {
      if (ended) return;
      end();
      failed(error);
    });
  };

  const observeAgent = (machine: string): void => {
    if (observedAgents.has(machine)) return;
    pendingAgents.add(machine);
    const observation = coordinator.observe(paths.agent(machine), (node) => {
      pendingAgents.delete(machine);
      if (node === undefined) agentsUp.delete(machine);
      else agentsUp.add(machine);
      tell();
    });
    observedAgents.set(machine, observation);
  };

  const end = (): void => {
    ended = true;
    for (const observation of [...observations, ...observedAgents.values()]) observation.close();
  };

  for (const name of names) {
    for (const path of [paths.status(name), paths.unit(name), paths.upgrade(name)]) {
      observations.push(
        coordinator.observe(path, () => {
          stale.add(name);
          readSoon();
        }),
      );
    }
  }
  observations.push(
    coordinator.observeChildren(paths.machines, (children) => {
      machines = children ?? [];
      for (const machine of machines) observeAgent(machine);
      tell();
    }),
  );
  return end;
}
