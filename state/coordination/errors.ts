import { defineError } from '../platform/errors.js';

/** A node that a write needs is not there. Commands translate it into the name of what is missing. */
export class NodeNotFound extends defineError<{ path: string }>(
  'node-not-found',
  ({ path }) => `${path} does not exist in the environment's state`,
  'ensemble status, then run the command again',
) {}

export class NodeExists extends defineError<{ path: string }>(
  'node-exists',
  ({ path }) => `${path} exists already in the environment's state`,
  'ensemble status, then run the command again',
) {}

/** A node was changed by somebody else since it was read. Callers read again and decide again. */
export class VersionConflict extends defineError<{ path: string }>(
  'version-conflict',
  ({ path }) => `${path} was changed by somebody else at the same time`,
  'run the command again',
) {}

export class NodeNotEmpty extends defineError<{ path: string }>(
  'node-not-empty',
  ({ path }) => `${path} in the environment's state cannot be removed: something is below it`,
  ({ path }) =>
    `remove what is below ${path}, which Ensemble did not put there, with the coordinator's own tools; then run the command again`,
) {}

/** ZooKeeper closes the connection on anything above 1 MB, so larger values are refused before they are sent. */
export class ValueTooLarge extends defineError<{ path: string; bytes: number; limit: number }>(
  'value-too-large',
  ({ path, bytes, limit }) => `${path} would hold ${bytes} bytes; the coordinator takes at most ${limit}`,
  'set where the data is, not the data',
) {}

/** The connection broke between a write and its answer: it may have been applied or not. */
export class OutcomeUnknown extends defineError<{ path: string }>(
  'outcome-unknown',
  ({ path }) =>
    `the connection to the coordinator broke while ${path} was being written; it may or may not be`,
  'run the command again',
) {}

export class CoordinatorUnreachable extends defineError<{
  coordinator: string;
  reason: string;
  next?: string;
}>(
  'coordinator-unreachable',
  ({ coordinator, reason }) => `the coordinator ${coordinator} cannot be reached: ${reason}`,
  ({ next = 'check that it runs, and the environment’s `state` in environments.yaml' }) => next,
) {}

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
    super({
      coordinator,
      reason: `${nameOf(holder)} has kept it locked for ${seconds} seconds`,
      next: howToEnd(holder),
    });
  }
}

/** Pages of the embedded store are used twice: whoever wrote would write over what is stored, so nothing is written. */
export class StateDamaged extends CoordinatorUnreachable {
  static override readonly code = 'state-damaged';
  /** @param isReadable whether it can be made anew from what it holds */
  constructor(
    coordinator: string,
    readonly damage: string,
    readonly isReadable: boolean,
    options: ErrorOptions = {},
  ) {
    super(
      {
        coordinator,
        reason: `its file is damaged: ${damage}; nothing is written to it any more`,
        next: isReadable
          ? 'end the agent, then have it made anew from what it holds: ensemble bootstrap --mend'
          : 'end the agent, and restore a backup of its directory',
      },
      options,
    );
  }
}

function nameOf(holder: ProcessName | undefined): string {
  if (holder === undefined) return 'another process';
  const { pid, command, stopped } = holder;
  return `process ${pid} (${command})${stopped ? ', which is stopped,' : ''}`;
}

function howToEnd(holder: ProcessName | undefined): string {
  if (holder === undefined) return 'find it with `fuser -v` on lock.mdb there, and let it go on or end it';
  const { pid, stopped } = holder;
  return stopped
    ? `let it go on with \`kill -CONT ${pid}\`, or \`fg\` in its terminal, or end it with \`kill -9 ${pid}\``
    : `see what it does with \`ps -fp ${pid}\`; if it hangs, end it with \`kill -9 ${pid}\``;
}

/** The coordinator refuses this client: the environment's secret is missing or another one. */
export class AccessDenied extends defineError<{ coordinator: string; path: string }>(
  'access-denied',
  ({ coordinator, path }) => `the coordinator ${coordinator} refuses access to ${path}`,
  'check the environment’s `secret` in environments.yaml',
) {}

export class CoordinatorUrlInvalid extends defineError<{ url: string; reason: string }>(
  'coordinator-url-invalid',
  ({ url, reason }) => `${url} is no coordinator: ${reason}`,
  'use embedded:/path or zookeeper://host:2181,host:2181/path',
) {}
