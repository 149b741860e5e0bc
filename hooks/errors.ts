import { EnsembleError } from '../state/platform/errors.js';

/** The unit's formula is not on this machine where it should be. */
export class FormulaDirectoryMissing extends EnsembleError {
  static override readonly code = 'formula-directory-missing';

  constructor(readonly directory: string) {
    super(
      `there is no formula directory ${directory}`,
      'leave it there: its agent fetches the formula again before it runs a hook of it',
    );
  }
}

/** The machine has no perl, which starts hooks and carries the calls of their tools. */
export class PerlMissing extends EnsembleError {
  static override readonly code = 'perl-missing';

  /** @param searched where it was looked for: directories as in PATH */
  constructor(readonly searched: string) {
    super(
      `there is no perl in ${searched}, and ensemble-agent starts hooks with it`,
      'apt-get install perl-base, then start ensemble-agent again',
    );
  }
}

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

/** The system refused the process or the files that a hook needs; it may heal. */
export class HookCannotStart extends EnsembleError {
  static override readonly code = 'hook-cannot-start';

  constructor(
    readonly unit: string,
    readonly hook: string,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(
      `hook "${hook}" of ${unit} could not be started${cause}`,
      options?.cause instanceof VariableTooLong
        ? `start ensemble-agent with a shorter ${options.cause.variable}`
        : 'see that the disk has room: df -h',
      options,
    );
  }
}

/** What became of a hook that an agent before this one started could not be found out; it may heal. */
export class HookCannotAdopt extends EnsembleError {
  static override readonly code = 'hook-cannot-adopt';

  constructor(
    readonly unit: string,
    readonly hook: string,
    options?: ErrorOptions,
  ) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(
      `what became of hook "${hook}" of ${unit} is not known${cause}`,
      'see that the disk has room: df -h',
      options,
    );
  }
}

/** A hook ended with a status other than 0. */
export class HookFailed extends EnsembleError {
  static override readonly code = 'hook-failed';

  /** @param lastLines what it printed last; may be empty */
  constructor(
    readonly unit: string,
    readonly hook: string,
    readonly status: number,
    readonly logFile: string,
    readonly lastLines: string,
    readonly reason: string | undefined,
  ) {
    super(
      `hook "${hook}" of ${unit} failed with exit status ${status}${reason ? ` (${reason})` : ''}${said(lastLines)}`,
      wayOut(unit),
    );
  }

  override get brief(): string {
    return inBrief(`exit status ${this.status}`, this.reason ?? this.lastLines);
  }
}

/** A hook was ended by a signal, or went down with its machine. */
export class HookKilled extends EnsembleError {
  static override readonly code = 'hook-killed';

  constructor(
    readonly unit: string,
    readonly hook: string,
    readonly signal: NodeJS.Signals | undefined,
    readonly logFile: string,
    readonly lastLines: string,
  ) {
    const how = signal ? `killed by ${signal}` : 'killed before it could report its exit status';
    super(`hook "${hook}" of ${unit} was ${how}${said(lastLines)}`, wayOut(unit));
  }

  override get brief(): string {
    return inBrief(`killed${this.signal === undefined ? '' : ` by ${this.signal}`}`, this.lastLines);
  }
}

/** A hook was ended as it took longer than its time limit. */
export class HookTimedOut extends EnsembleError {
  static override readonly code = 'hook-timed-out';

  constructor(
    readonly unit: string,
    readonly hook: string,
    readonly afterMs: number,
    readonly logFile: string,
    readonly lastLines: string,
  ) {
    super(
      `hook "${hook}" of ${unit} was ended after its time limit of ${afterMs / 1000} s${said(lastLines)}`,
      wayOut(unit),
    );
  }

  override get brief(): string {
    return inBrief(`over its time limit of ${this.afterMs / 1000} s`, this.lastLines);
  }
}

/** An operator had a hook ended, by `ensemble abort`. */
export class HookAborted extends EnsembleError {
  static override readonly code = 'hook-aborted';

  constructor(
    readonly unit: string,
    readonly hook: string,
    readonly by: string,
    readonly logFile: string,
    readonly lastLines: string,
  ) {
    super(`hook "${hook}" of ${unit} was aborted by ${by}${said(lastLines)}`, wayOut(unit));
  }

  override get brief(): string {
    return inBrief(`aborted by ${this.by}`, this.lastLines);
  }
}

/** The hook tools' socket would have a path longer than the system allows (unix(7): 107 bytes). */
export class SocketPathTooLong extends EnsembleError {
  static override readonly code = 'socket-path-too-long';

  constructor(readonly path: string) {
    super(
      `the path of the hook tools' socket has ${Buffer.byteLength(path)} bytes, more than 107: ${path}`,
      'start ensemble-agent with a shorter --data-dir',
    );
  }
}

/** Another process answers on the socket. */
export class SocketInUse extends EnsembleError {
  static override readonly code = 'socket-in-use';

  constructor(readonly path: string) {
    super(`another agent listens on ${path}`, 'stop it first, or start this one with another --data-dir');
  }
}

/** What is wrong with the words a hook gave to a tool; the tool's usage follows it. */
export class ToolUsageError extends EnsembleError {
  static override readonly code = 'tool-usage';

  constructor(
    readonly tool: string,
    readonly problem: string,
  ) {
    super(problem, `${tool} --help`);
  }

  override get exitCode(): 2 {
    return 2;
  }
}

/** A tool was called with the context of a hook that has ended meanwhile. */
export class HookIsOver extends EnsembleError {
  static override readonly code = 'hook-is-over';

  constructor(readonly id: string) {
    super(
      'the hook this was called from is over',
      'call hook tools only while the hook runs, not from what it left behind',
    );
  }
}

function said(lastLines: string): string {
  return lastLines === '' ? '' : `; it said last: ${lastLines}`;
}

/** The last line that a program prints is mostly why it ended. */
function inBrief(how: string, lines: string): string {
  const last = lines.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? how : `${last} (${how})`;
}

function wayOut(unit: string): string {
  return `ensemble debug-log -i ${unit}, then: ensemble resolved --retry ${unit}`;
}
