import type { KeptUnit } from '../../state/model/kept.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import type { Requester } from '../../state/model/requester.js';
import { requireMachines } from '../cordon.js';
import type { Session } from '../session.js';
import { awaitKept, type KeptEvent } from './await-kept.js';
import { recordKeptPruning, requestKept } from './kept.js';

/** The directories of removed units that shall go. */
export interface KeptPruneRequest {
  /** A machine or a unit; all of it without. */
  readonly of?: string | undefined;
  /** Only find out what would go. */
  readonly dryRun: boolean;
  readonly by: Requester;
  /** Nothing that an agent has not begun goes from then on, and none is waited for. */
  readonly interrupt: AbortSignal;
}

/** The answer of one machine; fields are added, never renamed. */
export interface KeptAnswer {
  readonly units: readonly KeptUnit[];
  /** Those that are not named, as there are too many. */
  readonly more: { readonly units: number; readonly bytes: number };
  /** Why nothing could be looked through. */
  readonly reason?: string | undefined;
}

/** The result. */
export interface KeptPruned {
  /** By machine. */
  readonly removed: Readonly<Record<string, KeptAnswer>>;
  /** Machines that were not asked, or did not answer, and may keep something of what was meant. */
  readonly away: readonly MachineState[];
}

/**
 * Has the agents remove what they keep of removed units, or name it, and waits for their answers.
 * @returns undefined where it was interrupted
 * @throws MachineNotFound
 */
export async function pruneKept(
  { coordinator }: Pick<Session, 'coordinator'>,
  { of, dryRun, by, interrupt }: KeptPruneRequest,
  tell: (event: KeptEvent) => void,
): Promise<KeptPruned | undefined> {
  const unit = of?.includes('/') ? of : undefined;
  const only = unit === undefined ? of : undefined;
  if (only !== undefined) await requireMachines(coordinator, [only]);
  const known = await readMachines(coordinator);
  const machines = known.filter(({ name }) => only === undefined || name === only);
  const up = machines.filter(({ machine, agent }) => machine.kept !== undefined && agent !== undefined);
  const names = up.map(({ name }) => name);
  if (!dryRun && up.length > 0) await recordKeptPruning(coordinator, unit, names, by);
  const request = { ...(unit !== undefined && { unit }), ...(dryRun && { dryRun }) };
  const answers = await Promise.all(
    names.map(async (name) => {
      const id = await requestKept(coordinator, name, request, by);
      return { name, answer: await awaitKept(coordinator, name, id, tell, interrupt) };
    }),
  );
  if (interrupt.aborted) return undefined;
  const removed: Record<string, KeptAnswer> = {};
  const unanswered = new Set<string>();
  for (const { name, answer } of answers) {
    if (answer === 'unreached') unanswered.add(name);
    else if (answer !== undefined) removed[name] = answer;
  }
  const away = [
    ...machines.filter((machine) => !up.includes(machine) && mayKeep(machine, only)),
    ...up.filter(({ name }) => unanswered.has(name)).map((machine) => ({ ...machine, agent: undefined })),
  ];
  return { removed, away };
}

/** True if a machine that was not asked may keep something that was meant. */
function mayKeep({ machine }: MachineState, only: string | undefined): boolean {
  return only !== undefined || (machine.kept?.units ?? 0) > 0;
}
