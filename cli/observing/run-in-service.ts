import { namesOf } from '../../control/names-of.js';
import type { Session } from '../../control/session.js';
import { systemClock } from '../../state/platform/clock.js';
import { mapBounded } from '../../state/formula/concurrency.js';
import { commandLine } from '../../state/model/command-line.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import type { Output } from '../output/output.js';
import { requester } from '../invocation/requester.js';
import { remarksOn } from './command-result.js';
import { record } from './record.js';
import { failureOf, hasResult, runInOne, type UnitRun } from './run-in-one.js';

export interface ServiceRunOptions {
  /** Milliseconds, of each unit from when it is asked. */
  readonly timeout: number | undefined;
  /** Undefined: all at once. */
  readonly maxParallel: number | undefined;
  readonly format: 'text' | 'json';
  readonly interrupt: AbortSignal;
}

/**
 * Runs a command in each unit that a service has now, in their order, and prints what each printed when it ends there:
 * every line behind its unit's name; or all of it as JSON, at the end.
 * @returns 0 where it exited with 0 in all of them, 130 after Ctrl-C, else 1
 * @throws ServiceNotFound
 */
export async function runInService(
  session: Session,
  invocation: Invocation,
  service: string,
  command: readonly string[],
  { timeout, maxParallel, format, interrupt }: ServiceRunOptions,
): Promise<ExitCode> {
  const { output } = invocation;
  await requireService(session.coordinator, service);
  const units = await unitsOfService(session.coordinator, service);
  if (units.length > 0) {
    const by = requester(systemClock.now());
    await record(session, output, service, by, {
      what: 'run',
      message: `in ${namesOf(units)}: ${commandLine(command)}`,
    });
  }
  const runs = await mapBounded(units, maxParallel ?? units.length, async (unit) => {
    const run = await runInOne(session, invocation, unit, command, {
      timeout,
      interrupt,
      clock: systemClock,
    });
    if (format === 'text') print(output, run);
    return run;
  });
  if (format === 'json') output.data(JSON.stringify(runs, null, 2));
  return summarize(output, service, runs, interrupt.aborted);
}

function print(output: Output, run: UnitRun): void {
  const lines = run.output.split('\n');
  // What ends with the end of a line has no line after it.
  if (lines.at(-1) === '') lines.pop();
  output.stdout.write(lines.map((line) => `${run.unit}: ${line}\n`).join(''));
  if (hasResult(run)) for (const remark of remarksOn(run)) output.warn(`${run.unit}: ${remark}`);
}

function summarize(
  output: Output,
  service: string,
  runs: readonly UnitRun[],
  interrupted: boolean,
): ExitCode {
  if (runs.length === 0) output.notice(`service ${service} has no units`);
  const failed = runs.flatMap((run) => {
    const failure = failureOf(run);
    return failure === undefined ? [] : [`${run.unit} (${printable(failure)})`];
  });
  if (failed.length > 0)
    output.notice(`it did not succeed in ${failed.length} of ${runs.length} units: ${failed.join(', ')}`);
  if (interrupted) return 130;
  return failed.length > 0 ? 1 : 0;
}
