import type { CommandOfService } from '../../control/run/run-in-one.js';
import { runInService } from '../../control/run/run-in-service.js';
import { runInUnit as runCommandInUnit } from '../../control/run/run-in-unit.js';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { askedWithin } from '../observing/asked-within.js';
import { commandOf, exitCodeOf, remarksOn, TIMED_OUT } from '../observing/command-result.js';
import { summarizeRuns, tellRuns, tellWait } from '../observing/tell-run.js';
import type { Output } from '../output/output.js';
import { interruptible } from '../invocation/interrupt.js';

export interface RunOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  /** Units of a service at a time; default: all of them. */
  readonly maxParallel?: number | undefined;
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
  const { output } = invocation;
  return interruptible((interrupt) =>
    askedWithin(timeout, interrupt, output, systemClock, (limit) =>
      withSession<ExitCode>(invocation, (session) => {
        limit.reached();
        const by = requester(systemClock.now());
        const request = { command, timeout, by, interrupt, asked: limit.asked };
        return isUnit
          ? runInUnit(session, where, request, format, output)
          : runInUnits(session, where, { ...request, maxParallel }, format, output);
      }),
    ),
  );
}

async function runInUnits(
  session: Session,
  service: string,
  request: CommandOfService & Pick<RunOptions, 'maxParallel'>,
  format: RunOptions['format'],
  output: Output,
): Promise<ExitCode> {
  const runs = await runInService(session, service, request, tellRuns(output, format === 'text'));
  if (format === 'json') output.data(JSON.stringify(runs, null, 2));
  return summarizeRuns(output, service, runs, request.interrupt.aborted);
}

async function runInUnit(
  session: Session,
  unit: string,
  request: CommandOfService,
  format: RunOptions['format'],
  output: Output,
): Promise<ExitCode> {
  const result = await runCommandInUnit(session, unit, request, tellWait(output));
  if (result === 'interrupted') return 130;
  if (result === 'too-late') return TIMED_OUT;
  const { command } = request;
  if (format === 'json') output.data(JSON.stringify({ unit, command, ...result }, null, 2));
  else output.stdout.write(result.output);
  for (const remark of remarksOn(result)) output.warn(remark);
  return exitCodeOf(result);
}
