import type { WaitEvent } from '../../control/run/await-result.js';
import { hasResult, type RunEvent, type UnitRun } from '../../control/run/run-in-one.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode } from '../invocation/invocation.js';
import { formatDuration } from '../output/durations.js';
import type { Output } from '../output/output.js';
import { remarksOn } from './command-result.js';

/** Tells what comes between a command and its result. @param before what each message begins with */
export function tellWait(output: Output, before = ''): (event: WaitEvent) => void {
  const notice = (text: string): void => output.notice(`${before}${text}`);
  const warn = (text: string): void => output.warn(`${before}${text}`);
  return (event) => {
    switch (event.kind) {
      case 'waits':
        return notice(`the command waits: ${event.reason}`);
      case 'no-answer':
        return warn(
          `no answer within ${formatDuration(event.within)}: the agent on ${event.machine} does not tell what became of it`,
        );
      case 'not-begun': {
        const said =
          event.request === 'withdrawn' ? 'and taken back' : 'and it is not known whether it still will be';
        return warn(`not begun within ${formatDuration(event.within)}, ${said}: ${event.reason}`);
      }
      case 'given-up': {
        const { unit } = event;
        return notice(
          {
            begun: `it goes on, and what it prints is lost; to end it: ensemble abort ${unit}`,
            withdrawn: 'taken back; it had not begun',
            unknown: `it is not known whether it begins yet; see: ensemble history ${unit}`,
          }[event.request],
        );
      }
      case 'agent-left': {
        const what = event.isStopped ? 'was stopped' : 'went down';
        return warn(`the agent on ${event.machine} ${what}; waiting for it to come back`);
      }
    }
  };
}

/**
 * Tells what becomes of a command in the units of a service.
 * @param prints whether what the command printed is printed when it ends: every line behind its unit's name
 */
export function tellRuns(output: Output, prints: boolean): (event: RunEvent) => void {
  return (event) => {
    if (event.kind === 'waiting') tellWait(output, `${event.unit}: `)(event.event);
    else if (prints) print(output, event.run);
  };
}

function print(output: Output, run: UnitRun): void {
  const lines = run.output.split('\n');
  // A text that ends with the end of a line has no line after it.
  if (lines.at(-1) === '') lines.pop();
  output.stdout.write(lines.map((line) => `${run.unit}: ${line}\n`).join(''));
  if (hasResult(run)) for (const remark of remarksOn(run)) output.warn(`${run.unit}: ${remark}`);
}

/** @returns 0 where it exited with 0 in all of them, 130 after Ctrl-C, else 1 */
export function summarizeRuns(
  output: Output,
  service: string,
  runs: readonly UnitRun[],
  isInterrupted: boolean,
): ExitCode {
  if (runs.length === 0) output.notice(`service ${service} has no units`);
  const failed = runs.flatMap((run) => {
    const failure = failureOf(run);
    return failure === undefined ? [] : [`${run.unit} (${printable(failure)})`];
  });
  if (failed.length > 0)
    output.notice(`it did not succeed in ${failed.length} of ${runs.length} units: ${failed.join(', ')}`);
  if (isInterrupted) return 130;
  return failed.length > 0 ? 1 : 0;
}

/** Why a command did not succeed in a unit, in a few words; undefined where it did. */
function failureOf({ outcome, exit, signal, reason }: UnitRun): string | undefined {
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
