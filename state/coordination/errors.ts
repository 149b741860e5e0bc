import { EnsembleError } from '../platform/errors.js';

/** A node that a write needs is not there. Commands translate it into the name of what is missing. */
export class NodeNotFound extends EnsembleError {
  static override readonly code = 'node-not-found';
  constructor(readonly path: string) {
    super(`${path} does not exist in the environment's state`, 'ensemble status, then run the command again');
  }
}

export class NodeExists extends EnsembleError {
  static override readonly code = 'node-exists';
  constructor(readonly path: string) {
    super(`${path} exists already in the environment's state`, 'ensemble status, then run the command again');
  }
}

/** A node was changed by somebody else since it was read. Callers read again and decide again. */
export class VersionConflict extends EnsembleError {
  static override readonly code = 'version-conflict';
  constructor(readonly path: string) {
    super(`${path} was changed by somebody else at the same time`, 'run the command again');
  }
}

export class NodeNotEmpty extends EnsembleError {
  static override readonly code = 'node-not-empty';
  constructor(readonly path: string) {
    super(`${path} still has children`, 'run the command again');
  }
}

/** ZooKeeper closes the connection on anything above 1 MB, so larger values are refused before they are sent. */
export class ValueTooLarge extends EnsembleError {
  static override readonly code = 'value-too-large';
  constructor(
    readonly path: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(
      `${path} would hold ${bytes} bytes; the coordinator takes at most ${limit}`,
      'set where the data is, not the data',
    );
  }
}

/** The connection broke between a write and its answer: it may have been applied or not. */
export class OutcomeUnknown extends EnsembleError {
  static override readonly code = 'outcome-unknown';
  constructor(readonly path: string) {
    super(
      `the connection to the coordinator broke while ${path} was being written; it may or may not be`,
      'run the command again',
    );
  }
}

export class CoordinatorUnreachable extends EnsembleError {
  static override readonly code: string = 'coordinator-unreachable';
  constructor(
    readonly coordinator: string,
    readonly reason: string,
    options?: ErrorOptions & { readonly next?: string },
  ) {
    super(
      `the coordinator ${coordinator} cannot be reached: ${reason}`,
      options?.next ?? 'check that it runs, and the environment’s `state` in environments.yaml',
      options,
    );
  }
}

/** A process as an operator finds it. `command` is its program and subcommand, without what may be secret. */
export interface ProcessName {
  readonly pid: number;
  readonly command: string;
  /** By Ctrl-Z, SIGSTOP or a debugger. */
  readonly stopped: boolean;
}

/**
 * Another process keeps the embedded store locked: one that is stopped, or one that hangs. `holder` is missing where it
 * cannot be seen from here, as one in another container.
 */
export class StateLocked extends CoordinatorUnreachable {
  static override readonly code = 'state-locked';
  constructor(
    coordinator: string,
    readonly holder: ProcessName | undefined,
    readonly seconds: number,
  ) {
    super(coordinator, `${nameOf(holder)} has kept it locked for ${seconds} seconds`, {
      next: wayOut(holder),
    });
  }
}

function nameOf(holder: ProcessName | undefined): string {
  if (holder === undefined) return 'another process';
  const { pid, command, stopped } = holder;
  return `process ${pid} (${command})${stopped ? ', which is stopped,' : ''}`;
}

function wayOut(holder: ProcessName | undefined): string {
  if (holder === undefined) return 'find it with `fuser -v` on lock.mdb there, and let it go on or end it';
  const { pid, stopped } = holder;
  return stopped
    ? `let it go on with \`kill -CONT ${pid}\`, or \`fg\` in its terminal, or end it with \`kill -9 ${pid}\``
    : `see what it does with \`ps -fp ${pid}\`; if it hangs, end it with \`kill -9 ${pid}\``;
}

/** The coordinator refuses this client: the environment's secret is missing or another one. */
export class AccessDenied extends EnsembleError {
  static override readonly code = 'access-denied';
  constructor(
    readonly coordinator: string,
    readonly path: string,
  ) {
    super(
      `the coordinator ${coordinator} refuses access to ${path}`,
      'check the environment’s `secret` in environments.yaml',
    );
  }
}

export class CoordinatorUrlInvalid extends EnsembleError {
  static override readonly code = 'coordinator-url-invalid';
  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(
      `${url} is no coordinator: ${reason}`,
      'use embedded:/path or zookeeper://host:2181,host:2181/path',
    );
  }
}
