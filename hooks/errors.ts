import { defineError } from '../state/platform/errors.js';
import { explainedBySystem, SystemRefused } from '../state/platform/system-errors.js';

/** The unit's formula is not on this machine where it should be. */
export class FormulaDirectoryMissing extends defineError<{ directory: string }>(
  'formula-directory-missing',
  ({ directory }) => `there is no formula directory ${directory}`,
  'leave it there: its agent fetches the formula again before it runs a hook of it',
) {}

/** A variable of a hook's environment is longer than a program can be started with: why the hook cannot start. */
export class VariableTooLong extends Error {
  /**
   * @param bytes of `NAME=value`, with the NUL that ends it
   * @param most that the system takes
   */
  constructor(
    readonly variable: string,
    readonly bytes: number,
    readonly most: number,
  ) {
    super(`its variable ${variable} has ${bytes} bytes, and the system takes ${most}`);
  }
}

/**
 * The system refused the process or the files that a hook needs; it may heal. `isUnlaunched`: no process can have come of
 * it, so nothing has to be found out.
 */
export class HookCannotStart extends defineError<{
  unit: string;
  hook: string;
  isUnlaunched?: boolean;
  /** The directory of its run, where the system names no path. */
  directory?: string;
}>(
  'hook-cannot-start',
  ({ unit, hook, directory }, cause) =>
    `hook "${hook}" of ${unit} could not be started${asReason(cause, directory)}`,
  (_, cause) =>
    cause instanceof VariableTooLong
      ? `start ensemble-agent with a shorter ${cause.variable}`
      : mendingOf(cause),
) {}

/** The agent could not find out how a hook ended that an agent before it started; it may heal. */
export class HookCannotAdopt extends defineError<{
  unit: string;
  hook: string;
  /** The directory of its run, where the system names no path. */
  directory?: string;
}>(
  'hook-cannot-adopt',
  ({ unit, hook, directory }, cause) =>
    `what became of hook "${hook}" of ${unit} is not known${asReason(cause, directory)}`,
  (_, cause) => mendingOf(cause),
) {}

/** The next step: room on the disk, unless the system says that something else is wrong. */
function mendingOf(cause: unknown): string {
  const refused = explainedBySystem(cause);
  const isOther = refused instanceof SystemRefused && !/full|used up/.test(refused.reason);
  return isOther ? refused.next : 'see that the disk has room: df -h';
}

/** A hook ended with a status other than 0. */
export class HookFailed extends defineError<{
  unit: string;
  hook: string;
  status: number;
  logFile: string;
  /** The last lines that it printed; may be empty. */
  lastLines: string;
  reason: string | undefined;
}>(
  'hook-failed',
  ({ unit, hook, status, lastLines, reason }) =>
    `hook "${hook}" of ${unit} failed with exit status ${status}${reason ? ` (${reason})` : ''}${said(lastLines)}`,
  ({ unit }) => readLogThenRetry(unit),
) {
  override get brief(): string {
    return inBrief(`exit status ${this.status}`, this.reason ?? this.lastLines);
  }
}

/** A hook was ended by a signal, or went down with its machine. */
export class HookKilled extends defineError<{
  unit: string;
  hook: string;
  signal: NodeJS.Signals | undefined;
  logFile: string;
  lastLines: string;
}>(
  'hook-killed',
  ({ unit, hook, signal, lastLines }) => {
    const how = signal ? `killed by ${signal}` : 'killed before it could report its exit status';
    return `hook "${hook}" of ${unit} was ${how}${said(lastLines)}`;
  },
  ({ unit }) => readLogThenRetry(unit),
) {
  override get brief(): string {
    return inBrief(`killed${this.signal === undefined ? '' : ` by ${this.signal}`}`, this.lastLines);
  }
}

/** A hook was ended as it took longer than its time limit. */
export class HookTimedOut extends defineError<{
  unit: string;
  hook: string;
  afterMs: number;
  logFile: string;
  lastLines: string;
}>(
  'hook-timed-out',
  ({ unit, hook, afterMs, lastLines }) =>
    `hook "${hook}" of ${unit} was ended after its time limit of ${afterMs / 1000} s${said(lastLines)}`,
  ({ unit }) => readLogThenRetry(unit),
) {
  override get brief(): string {
    return inBrief(`over its time limit of ${this.afterMs / 1000} s`, this.lastLines);
  }
}

/** An operator had a hook ended, by `ensemble abort`. */
export class HookAborted extends defineError<{
  unit: string;
  hook: string;
  by: string;
  logFile: string;
  lastLines: string;
}>(
  'hook-aborted',
  ({ unit, hook, by, lastLines }) => `hook "${hook}" of ${unit} was aborted by ${by}${said(lastLines)}`,
  ({ unit }) => readLogThenRetry(unit),
) {
  override get brief(): string {
    return inBrief(`aborted by ${this.by}`, this.lastLines);
  }
}

/** The hook tools' socket would have a path longer than the system allows (unix(7): 107 bytes). */
export class SocketPathTooLong extends defineError<{ path: string }>(
  'socket-path-too-long',
  ({ path }) =>
    `the path of the hook tools' socket has ${Buffer.byteLength(path)} bytes, more than 107: ${path}`,
  'start ensemble-agent with a shorter --data-dir',
) {}

/** Another process answers on the socket. */
export class SocketInUse extends defineError<{ path: string }>(
  'socket-in-use',
  ({ path }) => `another agent listens on ${path}`,
  'stop it first, or start this one with another --data-dir',
) {}

/** A hook gave wrong words to a tool; the tool's usage follows. */
export class ToolUsageError extends defineError<{ tool: string; problem: string }>(
  'tool-usage',
  ({ problem }) => problem,
  ({ tool }) => `${tool} --help`,
  { exitCode: 2 },
) {}

/** A tool was called with the context of a hook that has ended meanwhile. */
export class HookIsOver extends defineError<{ id: string }>(
  'hook-is-over',
  'the hook this was called from is over',
  'call hook tools only while the hook runs, not from what it left behind',
) {}

function asReason(cause: unknown, directory: string | undefined): string {
  const told = explainedBySystem(cause, directory);
  return told instanceof Error ? `: ${told.message}` : '';
}

function said(lastLines: string): string {
  return lastLines === '' ? '' : `; it said last: ${lastLines}`;
}

/** The last line that a program prints is mostly why it ended. */
function inBrief(how: string, lines: string): string {
  const last = lines.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? how : `${last} (${how})`;
}

function readLogThenRetry(unit: string): string {
  return `ensemble debug-log -i ${unit}, then: ensemble resolved --retry ${unit}`;
}

/** True if a hook ran, and failed or was ended: its log says more. */
export function isHookFailure(error: unknown): boolean {
  return [HookFailed, HookKilled, HookTimedOut, HookAborted].some((kind) => error instanceof kind);
}
