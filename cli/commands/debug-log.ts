import type { Problem } from '../../state/model/entity.js';
import { someOf } from '../../control/names-of.js';
import {
  type LogLevel,
  type LogLine,
  logLevels,
  SEGMENT_SIZE,
  SEGMENTS_KEPT,
} from '../../state/model/logs.js';
import { formatBytes } from '../../state/platform/format-bytes.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { lineFilter, matchingNothing } from '../../control/logs/log-filter.js';
import { followLogs, readAllLogs } from '../../control/logs/log-reader.js';
import { intoFile } from '../output/into-file.js';
import type { Output } from '../output/output.js';
import { printable, printableLine } from '../../state/platform/printable.js';
import { type Color, paint } from '../output/terminal.js';
import { withSession } from '../invocation/session.js';
import { interruptible } from '../invocation/interrupt.js';

export interface DebugLogOptions {
  readonly follow?: boolean;
  /** Begin with all there is, also when following. */
  readonly replay?: boolean;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly level?: LogLevel;
  readonly lines?: number;
  readonly format: 'text' | 'json';
  /** A file for what is printed. */
  readonly output?: string;
}

/** Lines a following begins with, as tail(1) does. */
const LINES_BEFORE = 10;

const COLORS: Readonly<Record<string, Color | undefined>> = {
  DEBUG: 'dim',
  WARNING: 'yellow',
  ERROR: 'red',
  CRITICAL: 'red',
};

/** Prints what the hooks of all units printed and logged, and with `-f` what they go on to. */
export async function debugLog(options: DebugLogOptions, invocation: Invocation): Promise<ExitCode> {
  if (options.replay && options.lines !== undefined)
    throw invocation.misuse('--replay begins with all there is, so --lines cannot choose how many');
  return intoFile(invocation.output, options.output, (output) =>
    showLines(options, { ...invocation, output }),
  );
}

async function showLines(
  {
    follow = false,
    replay = false,
    include,
    exclude = [],
    level = logLevels[0],
    lines,
    format,
  }: DebugLogOptions,
  { output, ...invocation }: Invocation,
): Promise<ExitCode> {
  const wanted = lineFilter({ include, exclude, level });
  const print = (line: LogLine): void =>
    output.data(format === 'json' ? JSON.stringify(line) : textOf(line, output));
  return withSession<ExitCode>({ output, ...invocation }, async ({ coordinator }) => {
    const problems: Problem[] = [];
    const { lines: all, positions, cutOff } = await readAllLogs(coordinator, problems);
    for (const { path, reason } of problems)
      output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
    const unknown = await matchingNothing(coordinator, [...(include ?? []), ...exclude], all);
    // They may be deployed a moment later, so this is no error.
    if (unknown.length > 0)
      output.warn(
        `no unit or service matches ${unknown.join(', ')} now; see those there are with: ensemble status`,
      );
    const shown = all.filter(wanted);
    const count = lines ?? (follow && !replay ? LINES_BEFORE : shown.length);
    for (const line of shown.slice(Math.max(0, shown.length - count))) print(line);
    if (cutOff.length > 0 && count >= shown.length && (!follow || replay)) output.notice(olderThan(cutOff));
    if (!follow) return 0;
    await interruptible((interrupt) =>
      followLogs(coordinator, positions, interrupt, (more) => {
        for (const line of more.filter(wanted)) print(line);
      }),
    );
    return 130;
  });
}

/** Behind the lines, where it is seen: what is gathered of a machine is not all that its units ever printed. */
function olderThan(machines: readonly string[]): string {
  const gathered = formatBytes(SEGMENT_SIZE * SEGMENTS_KEPT);
  return (
    `of ${someOf(machines, 'machines')} there are older lines, which are not shown: the last ${gathered} of a machine are gathered, ` +
    "and all of a unit is in units/UNIT/log/hooks.log in its agent's data directory"
  );
}

function textOf({ time, unit, hook, level, message }: LogLine, { stdout }: Output): string {
  const color = COLORS[level];
  const said = printableLine(message);
  const words = [time, unit, ...(hook === '' ? [] : [printable(hook)]), printable(level)];
  return `${words.join(' ')}: ${color === undefined ? said : paint(stdout, color, said)}`;
}
