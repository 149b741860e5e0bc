import { EnsembleError } from '../errors.js';

/** A node that a write needs is not there. Commands translate it into the name of what is missing. */
export class NodeNotFound extends EnsembleError {
  static override readonly code = 'node-not-found';
  constructor(readonly path: string) {
    super(`${path} does not exist in the environment's state`);
  }
}

export class NodeExists extends EnsembleError {
  static override readonly code = 'node-exists';
  constructor(readonly path: string) {
    super(`${path} exists already in the environment's state`);
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
    super(`${path} still has children`);
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
    super(`${path} would hold ${bytes} bytes; the coordinator takes at most ${limit}`);
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
  static override readonly code = 'coordinator-unreachable';
  constructor(
    readonly coordinator: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the coordinator ${coordinator} cannot be reached: ${reason}`,
      'check that it runs, and the environment’s `state` in environments.yaml',
      options,
    );
  }
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
