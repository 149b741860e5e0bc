import { type Absence, absenceOf, absenceSentence, wayBack } from '../state/model/absence.js';
import { parseSound } from '../state/model/entity.js';
import { paths } from '../state/model/paths.js';
import { machineSchema } from '../state/model/machine-schemas.js';
import { cordonBlocker, readClosedMachines } from './cordon.js';
import type { Session } from './session.js';

/** The command that starts an agent for the session's environment on a machine that is new. */
export function agentCommand({ choice = '' }: Pick<Session, 'choice'>): string {
  return `ensemble-agent${choice}`;
}

/**
 * Says what has the agent of a machine work again, or on null what gives units a machine: `start it on …`, `start one
 * with: …`.
 */
export interface StartAdvice {
  (machine: string | null): string;
  /** All machines there are, where every one is cordoned and that keeps units waiting for one. */
  readonly closed?: readonly string[] | undefined;
  /** Says why none works: `no agent is running on m0`, `the agent of m0 was stopped at …`. */
  readonly why: (machine: string | null) => string;
  readonly absence: (machine: string) => Absence;
}

/** Reads what is known of these machines, so that operators are told how each one's own agent is started. */
export async function readStartAdvice(
  { coordinator, choice = '' }: Pick<Session, 'choice' | 'coordinator'>,
  machines: readonly (string | null)[],
): Promise<StartAdvice> {
  const names = [...new Set(machines)].filter((machine) => machine !== null);
  const found = await coordinator.getMany(names.map(paths.machine));
  const nodes = new Map(
    names.map((name, index) => [
      name,
      parseSound(paths.machine(name), machineSchema, found[index], [])?.value,
    ]),
  );
  const closed = machines.includes(null) ? await readClosedMachines(coordinator) : undefined;
  const advice = (machine: string | null): string => {
    if (machine !== null) return wayBack(machine, nodes.get(machine), choice);
    return closed === undefined ? `start one with: ${agentCommand({ choice })}` : cordonBlocker(closed).next;
  };
  const absence = (machine: string): Absence => absenceOf(nodes.get(machine));
  return Object.assign(advice, {
    closed,
    absence,
    why: (machine: string | null): string => {
      if (machine !== null) return absenceSentence(machine, absence(machine));
      return closed === undefined ? 'no agent is running on any machine' : 'every machine is cordoned';
    },
  });
}
