import type { Session } from '../../control/session.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { requestCommand } from '../../control/run/request-command.js';
import type { CommandResult } from '../../state/model/commands.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { requireUnit } from '../../state/model/units.js';
import type { Invocation } from '../invocation/invocation.js';
import type { Output } from '../output/output.js';
import { requester } from '../invocation/requester.js';
import { awaitResult } from './await-result.js';
import { AgentDown, UnitUnplaced } from './errors.js';
import { requireAgent } from './require-agent.js';

/** What an agent tells of a command's end, beside its outcome. */
type Told = Pick<CommandResult, 'exit' | 'signal' | 'reason' | 'output' | 'leftOut' | 'took'>;

/**
 * What became of a command in one unit of several. Besides what its agent tells: `removed`, the unit went;
 * `unreachable`, it has no machine, or its agent is away; `too-late`, there was no answer in time; `interrupted`, Ctrl-C
 * came meanwhile; `not-asked`, before its turn.
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

/** Milliseconds for which an agent that went away is waited for: it may just be restarted. */
const PATIENCE = 15_000;

/** Runs a command in a unit; whatever comes between is its outcome, so that no other unit waits for it. */
export async function runInOne(
  session: Session,
  invocation: Invocation,
  unit: string,
  command: readonly string[],
  {
    timeout,
    interrupt,
    clock,
  }: { readonly timeout: number | undefined; readonly interrupt: AbortSignal; readonly clock: Clock },
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
    const host = await requireAgent(session, invocation, unit, machine);
    const id = await requestCommand(
      coordinator,
      unit,
      { command: [...command], timeLimit: timeout },
      requester(clock.now()),
      false,
    );
    endWatch = watchAgent(coordinator, host.machine, clock, () => away.abort());
    const signal = AbortSignal.any([interrupt, away.signal]);
    const output = behind(unit, invocation.output);
    const result = await awaitResult(coordinator, unit, id, host, output, signal, timeout, clock);
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

/** An output whose messages name the unit that they are about. */
function behind(unit: string, output: Output): Output {
  return {
    ...output,
    notice: (text) => output.notice(`${unit}: ${text}`),
    warn: (text) => output.warn(`${unit}: ${text}`),
  };
}

/** Whether its agent told what became of it. */
export function hasResult(run: UnitRun): run is UnitRun & Pick<CommandResult, 'outcome'> {
  return ['exited', 'killed', 'timed-out', 'not-started', 'lost'].includes(run.outcome);
}

/** Why a command did not succeed in a unit, in a few words; undefined where it did. */
export function failureOf({ outcome, exit, signal, reason }: UnitRun): string | undefined {
  switch (outcome) {
    case 'exited':
      if (exit === 0 && reason === undefined) return undefined;
      return exit === 0 ? reason : `exit ${exit ?? '?'}`;
    case 'killed':
      return `ended by ${signal ?? 'a signal'}`;
    case 'timed-out':
    case 'too-late':
      return 'it took too long';
    case 'not-started':
      return reason ?? 'it was not started';
    case 'lost':
      return 'it went down with its machine or agent';
    case 'removed':
      return 'the unit was removed';
    case 'unreachable':
      return reason;
    case 'interrupted':
      return 'interrupted';
    case 'not-asked':
      return 'not asked before Ctrl-C';
  }
}
