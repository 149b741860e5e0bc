import type { Session } from '../session.js';
import { type Clock, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import type { Asking } from './one-record.js';
import { requestCommand } from './request-command.js';
import type { CommandResult } from '../../state/model/commands.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { requireUnit } from '../../state/model/units.js';
import { awaitResult, type WaitEvent } from './await-result.js';
import { AgentDown, UnitUnplaced } from './errors.js';
import { requireAgent } from './require-agent.js';

/** An agent's words on a command's end, beside its outcome. */
type Told = Pick<CommandResult, 'exit' | 'signal' | 'reason' | 'output' | 'leftOut' | 'took'>;

/**
 * The end of a command in one unit of several. Besides the agent's words: `removed`, the unit went; `unreachable`, it
 * has no machine, or its agent is away; `too-late`, there was no answer in time; `interrupted`, Ctrl-C came
 * meanwhile; `not-asked`, before its turn.
 */
export interface UnitRun extends Told {
  readonly unit: string;
  readonly command: readonly string[];
  readonly outcome:
    | CommandResult['outcome']
    | 'removed'
    | 'unreachable'
    | 'too-late'
    | 'interrupted'
    | 'not-asked';
}

/** A command that each unit of a service runs. */
export interface CommandOfService {
  readonly command: readonly string[];
  /** Milliseconds, of each unit from when it is asked. */
  readonly timeout?: number | undefined;
  readonly by: Requester;
  /** No unit is asked from then on, and none is waited for. */
  readonly interrupt: AbortSignal;
  /** Told that a unit was asked: from then on its agent knows of the timeout. */
  readonly asked?: (() => void) | undefined;
  /** Has all that are asked the same on record together; by default each is on record by itself. */
  readonly asking?: Asking | undefined;
}

export type RunEvent =
  | { readonly kind: 'waiting'; readonly unit: string; readonly event: WaitEvent }
  | { readonly kind: 'ended'; readonly run: UnitRun };

/** Milliseconds for which an agent that went away is waited for: it may just be restarted. */
const PATIENCE = 15_000;

/** Runs a command in a unit; whatever comes between is its outcome, so that no other unit waits for it. */
export async function runInOne(
  session: Session,
  unit: string,
  { command, timeout, by, interrupt, asked, asking }: CommandOfService,
  tell: (event: RunEvent) => void,
  clock: Clock = systemClock,
): Promise<UnitRun> {
  const ended = (outcome: UnitRun['outcome'], reason?: string): UnitRun => ({
    unit,
    command,
    outcome,
    ...(reason !== undefined && { reason }),
    output: '',
    leftOut: 0,
    took: 0,
  });
  if (interrupt.aborted) return ended('not-asked');
  const { coordinator } = session;
  const away = new AbortController();
  let endWatch: (() => void) | undefined;
  try {
    const { machine } = (await requireUnit(coordinator, unit)).value;
    const host = await requireAgent(session, unit, machine);
    // Its time limit counts from when it is asked.
    const ask = (entry?: HistoryEntry): Promise<string> =>
      requestCommand(
        coordinator,
        unit,
        { command: [...command], timeLimit: timeout },
        { ...by, requestedAt: new Date(clock.now()).toISOString() },
        entry,
      );
    const id = await (asking === undefined ? ask() : asking(unit, ask));
    asked?.();
    endWatch = watchAgent(coordinator, host.machine, clock, () => away.abort());
    const signal = AbortSignal.any([interrupt, away.signal]);
    const told = (event: WaitEvent): void => tell({ kind: 'waiting', unit, event });
    const result = await awaitResult(coordinator, unit, id, host, told, signal, timeout, clock);
    if (result === 'too-late') return ended('too-late');
    if (result !== 'interrupted') return { unit, command, ...result };
    if (interrupt.aborted) return ended('interrupted');
    return ended('unreachable', `the agent of machine ${host.machine} went down`);
  } catch (error) {
    if (error instanceof UnitNotFound) return ended('removed');
    if (error instanceof AgentDown || error instanceof UnitUnplaced)
      return ended('unreachable', error.message);
    throw error;
  } finally {
    endWatch?.();
  }
}

/** Calls `gone` once the agent of a machine has been away for longer than a restart takes. */
function watchAgent(coordinator: Coordinator, machine: string, clock: Clock, gone: () => void): () => void {
  let timer: Timer | undefined;
  const observation = coordinator.observe(paths.agent(machine), (node) => {
    if (isPresence(node)) {
      timer?.cancel();
      timer = undefined;
    } else timer ??= clock.after(PATIENCE, gone);
  });
  return () => {
    timer?.cancel();
    observation.close();
  };
}

/** True if its agent told how it ended. */
export function hasResult(run: UnitRun): run is UnitRun & Pick<CommandResult, 'outcome'> {
  return ['exited', 'killed', 'timed-out', 'not-started', 'lost'].includes(run.outcome);
}
