import { bootId } from '../platform/boot.js';
import { findProcess, isSuspended } from '../platform/process-stat.js';
import type { Machine } from './machine-schemas.js';
import { startAdvice } from './start-advice.js';

/**
 * Why no agent works for a machine. `stopped`: it was asked to stop, and did, at this ISO instant. `suspended`: its process
 * is on this very host, and a signal stopped it. `down`: nothing more is known.
 */
export type Absence =
  | { readonly kind: 'down' }
  | { readonly kind: 'stopped'; readonly at: string }
  | { readonly kind: 'suspended'; readonly pid: number };

/**
 * Tells why a machine has no agent that is up.
 * @param node undefined where the machine is not registered, or its node cannot be read
 * @param suspended finds the process that is suspended here
 */
export function absenceOf(node: Machine | undefined, suspended = suspendedHere): Absence {
  const { owner, stopped } = node ?? {};
  // A stop that a former owner left says nothing about this one.
  if (stopped !== undefined && stopped.claim === owner?.claim) return { kind: 'stopped', at: stopped.at };
  const pid = owner?.process === undefined ? undefined : suspended(owner.process);
  return pid === undefined ? { kind: 'down' } : { kind: 'suspended', pid };
}

/** An absence as a sentence about the machine, e.g. `no agent is running on m0`. */
export function absenceSentence(machine: string, absence: Absence): string {
  switch (absence.kind) {
    case 'stopped':
      return `the agent of ${machine} was stopped at ${instant(absence.at)}`;
    case 'suspended':
      return `the agent of ${machine} is suspended (Ctrl-Z, SIGSTOP): process ${absence.pid}`;
    case 'down':
      return `no agent is running on ${machine}`;
  }
}

/**
 * Says how to get a machine's own agent to work again: `start it on web1: systemctl start ensemble-agent`, or `let it
 * go on: kill -CONT 4711`.
 * @param choice the options, with a space in front, by which an agent goes to the environment
 */
export function wayBack(
  machine: string,
  node: Machine | undefined,
  choice: string,
  absence = absenceOf(node),
): string {
  return absence.kind === 'suspended'
    ? `let it go on: kill -CONT ${absence.pid}`
    : `start it ${startAdvice(machine, node, choice)}`;
}

type ProcessOf = NonNullable<NonNullable<Machine['owner']>['process']>;

/** The pid of a process that is of this host and boot, lives, and is suspended. */
function suspendedHere({ pid, startTime, boot }: ProcessOf): number | undefined {
  if (boot !== bootHere()) return undefined;
  const found = findProcess(pid);
  return found?.startTime === startTime && isSuspended(found) ? pid : undefined;
}

function bootHere(): string | undefined {
  try {
    return bootId();
  } catch {
    // No agent runs on such a system.
    return undefined;
  }
}

/** An ISO instant as people read it, to the second. */
function instant(iso: string): string {
  return iso.replace(/^(.{10})T(.{8})(\.\d+)?/, '$1 $2');
}

/** An absence as JSON tells it, beside `agent`. */
export function absenceFields(absence: Absence | undefined): {
  readonly stopped?: string;
  readonly suspended?: number;
} {
  return {
    ...(absence?.kind === 'stopped' && { stopped: absence.at }),
    ...(absence?.kind === 'suspended' && { suspended: absence.pid }),
  };
}

/** The same as people read it in a table: `up`, `down`, `stopped` or `suspended`. */
export function agentWord({
  agent,
  stopped,
  suspended,
}: {
  readonly agent: 'up' | 'down';
  readonly stopped?: string;
  readonly suspended?: number;
}): string {
  if (stopped !== undefined) return 'stopped';
  return suspended === undefined ? agent : 'suspended';
}
