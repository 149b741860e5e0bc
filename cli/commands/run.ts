import { systemClock } from '../../state/platform/clock.js';
import { requestCommand } from '../../control/run/request-command.js';
import { requireUnit } from '../../state/model/units.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { awaitResult } from '../observing/await-result.js';
import { commandOf, exitCodeOf, remarksOn, TIMED_OUT } from '../observing/command-result.js';
import { CommandNotRun } from '../observing/errors.js';
import { requireAgent } from '../observing/require-agent.js';
import { runInService } from '../observing/run-in-service.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface RunOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  /** Units of a service at a time; default: all of them. */
  readonly maxParallel?: number;
  readonly format: 'text' | 'json';
}

/**
 * Runs a command in a unit's context, prints what it printed, and exits with what it exited with; or in the context of
 * each unit of a service.
 */
export async function runCommand(
  where: string,
  words: readonly string[],
  { timeout, maxParallel, format }: RunOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const command = commandOf(words);
  const isUnit = where.includes('/');
  if (isUnit && maxParallel !== undefined)
    throw invocation.misuse('--max-parallel is for the units of a service');
  // From the beginning: a process that is simply killed leaves its request standing until its session runs out.
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const { signal } = interrupt;
  if (isUnit) return runInUnit(where, command, { timeout, format }, invocation, signal);
  return withSession<ExitCode>(invocation, (session) =>
    runInService(session, invocation, where, command, { timeout, maxParallel, format, interrupt: signal }),
  );
}

async function runInUnit(
  unit: string,
  command: readonly string[],
  { timeout, format }: { readonly timeout: number | undefined; readonly format: RunOptions['format'] },
  invocation: Invocation,
  interrupt: AbortSignal,
): Promise<ExitCode> {
  const { output } = invocation;
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    const { machine } = (await requireUnit(coordinator, unit)).value;
    const host = await requireAgent(session, invocation, unit, machine);
    // The request is this session's: closing it takes the request back.
    const id = await requestCommand(
      coordinator,
      unit,
      { command: [...command], timeLimit: timeout },
      requester(systemClock.now()),
    );
    const result = await awaitResult(coordinator, unit, id, host, output, interrupt, timeout);
    if (result === 'interrupted') return 130;
    if (result === 'too-late') return TIMED_OUT;
    if (result.outcome === 'not-started')
      throw new CommandNotRun({ unit, reason: result.reason ?? 'it was not started' });
    if (format === 'json') output.data(JSON.stringify({ unit, command, ...result }, null, 2));
    else output.stdout.write(result.output);
    for (const remark of remarksOn(result)) output.warn(remark);
    return exitCodeOf(result);
  });
}
