import { type Clock, pause } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { readSnapshot, type Snapshot, unitsAway } from './snapshot.js';

/** Least time between two readings, in milliseconds: an upgrade of many units is a storm of changes. */
const LEAST_PAUSE = 200;

/**
 * Shows the environment, and shows it again after changes, until `interrupt` is aborted. A change only says "look
 * again": everything is then read as a whole, and what has to be observed follows from what was read.
 * @throws what reading and `show` throw
 */
export async function watchSnapshot(
  coordinator: Coordinator,
  show: (snapshot: Snapshot) => Promise<void>,
  interrupt: AbortSignal,
  clock: Clock,
): Promise<void> {
  const observed = new Map<string, Observation>();
  let stale = true;
  let wake = (): void => undefined;
  const changed = (): void => {
    stale = true;
    wake();
  };
  interrupt.addEventListener('abort', changed, { once: true });
  try {
    while (!interrupt.aborted) {
      stale = false;
      const snapshot = await readSnapshot(coordinator);
      await show(snapshot);
      observeOnly(coordinator, observed, pathsOf(snapshot), changed);
      await pause(clock, LEAST_PAUSE, interrupt).catch(() => undefined);
      if (stale) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    for (const observation of observed.values()) observation.close();
  }
}

/** The sources of a snapshot: each node, and the names below those that hold others. */
interface Watched {
  readonly nodes: readonly string[];
  readonly lists: readonly string[];
}

function pathsOf({ machines, services }: Snapshot): Watched {
  return {
    nodes: [
      ...machines.flatMap(({ name }) => [paths.machine(name), paths.agent(name)]),
      ...services.flatMap(({ name }) => [
        paths.service(name),
        paths.exposed(name),
        paths.hold(name),
        paths.newer(name),
      ]),
      ...services.flatMap(({ relations }) => relations.map(({ number }) => paths.relation(number))),
      ...services.flatMap(({ units }) =>
        units.flatMap(({ name }) => [
          paths.unit(name),
          paths.status(name),
          paths.upgrade(name),
          paths.removal(name),
        ]),
      ),
    ],
    lists: [
      paths.machines,
      paths.services,
      ...machines.map(({ name }) => paths.machineUnits(name)),
      ...services.flatMap(({ name }) => [paths.serviceUnits(name), paths.serviceRelations(name)]),
      // What is asked of them meanwhile.
      ...unitsAway(machines, services).map(paths.unit),
    ],
  };
}

function observeOnly(
  coordinator: Coordinator,
  observed: Map<string, Observation>,
  { nodes, lists }: Watched,
  changed: () => void,
): void {
  const wanted = new Set([...nodes, ...lists]);
  for (const [path, observation] of observed) {
    if (wanted.has(path)) continue;
    observation.close();
    observed.delete(path);
  }
  for (const path of nodes) if (!observed.has(path)) observed.set(path, coordinator.observe(path, changed));
  for (const path of lists)
    if (!observed.has(path)) observed.set(path, coordinator.observeChildren(path, changed));
}
