import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { type Absence, absenceOf } from '../../state/model/absence.js';
import { parseSound } from '../../state/model/entity.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';

/** The agents, as whoever follows their units sees them. */
export interface KnownAgents {
  /** The machines whose agent is up. */
  readonly agentsUp: ReadonlySet<string>;
  /** The reasons why the other machines have no agent. */
  readonly absences?: ReadonlyMap<string, Absence>;
  /** The registered machines. */
  readonly machines: readonly string[];
}

/**
 * Watches which agents are up, and why the others are not.
 * @param changed called after each change, also before all of them are known
 */
export function watchAgents(
  coordinator: Coordinator,
  changed: () => void,
): {
  /** Whether it is known of each registered machine. */
  areKnown(): boolean;
  known(): KnownAgents;
  end(): void;
} {
  const agentsUp = new Set<string>();
  const absences = new Map<string, Absence>();
  /** How often each machine's agent was heard of: what was read for an earlier time says nothing. */
  const heard = new Map<string, number>();
  const observed = new Map<string, Observation>();
  const pending = new Set<string>();
  let machines: readonly string[] | undefined;
  let ended = false;

  /** @param absence undefined where its agent is up */
  const isKnown = (machine: string, absence: Absence | undefined): void => {
    pending.delete(machine);
    if (absence === undefined) {
      agentsUp.add(machine);
      absences.delete(machine);
    } else {
      agentsUp.delete(machine);
      absences.set(machine, absence);
    }
    changed();
  };

  /** The machine's node outlives the presence of an agent that stopped. */
  const whyAbsent = async (machine: string): Promise<Absence> => {
    const path = paths.machine(machine);
    // Without an answer nothing more is known than that it is away.
    const node = await coordinator.get(path).catch(() => undefined);
    return absenceOf(parseSound(path, machineSchema, node, [])?.value);
  };

  const observeAgent = (machine: string): void => {
    if (observed.has(machine)) return;
    pending.add(machine);
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
    observed.set(machine, observation);
  };

  const observedMachines = coordinator.observeChildren(paths.machines, (children) => {
    machines = children ?? [];
    for (const machine of machines) observeAgent(machine);
    changed();
  });

  return {
    areKnown: () => machines !== undefined && pending.size === 0,
    known: () => ({ agentsUp, absences, machines: machines ?? [] }),
    end() {
      ended = true;
      for (const observation of [observedMachines, ...observed.values()]) observation.close();
    },
  };
}
