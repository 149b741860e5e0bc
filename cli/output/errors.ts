import { EnsembleError } from '../../state/platform/errors.js';

/** The command line cannot be understood. */
export class UsageError extends EnsembleError {
  static override readonly code = 'usage';
  /** @param command the command as typed, e.g. `ensemble deploy`; its `--help` is the advice */
  constructor(
    readonly reason: string,
    readonly command: string,
    readonly usage?: string,
  ) {
    super(usage === undefined ? reason : `${reason}\nusage: ${usage}`, `${command} --help`);
  }

  override get exitCode(): 2 {
    return 2;
  }
}

/** A file given on the command line cannot be used. */
export class FileUnreadable extends EnsembleError {
  static override readonly code = 'file-unreadable';
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file} cannot be read: ${reason}`, 'check the path', options);
  }
}

/** A file that data should go to cannot be written. */
export class FileUnwritable extends EnsembleError {
  static override readonly code = 'file-unwritable';
  constructor(
    readonly file: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file} cannot be written: ${reason}`, 'choose another --output', options);
  }
}

/** A file of config values is no YAML of that shape, or does not fit the formula's options. */
export class ConfigFileInvalid extends EnsembleError {
  static override readonly code = 'config-file-invalid';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly field: string,
    readonly reason: string,
    next?: string,
  ) {
    super(`${file}:${line}: ${field === '' ? '' : `${field}: `}${reason}`, next);
  }
}

/** Nothing says where formulas come from. */
export class NoRepository extends EnsembleError {
  static override readonly code = 'no-repository';
  constructor(readonly formula: string) {
    super(
      `there is no repository to look for ${formula} in`,
      'name one with --repository, or set ENSEMBLE_REPOSITORY',
    );
  }

  override get exitCode(): 2 {
    return 2;
  }
}

/** The storage took an object and does not show it. */
export class StorageUnusable extends EnsembleError {
  static override readonly code = 'storage-unusable';
  constructor(
    readonly storage: string,
    readonly reason: string,
  ) {
    super(`the storage ${storage} cannot be used: ${reason}`, 'check the environment’s `storage`');
  }
}

/** What cannot be undone is done only when it is asked for in so many words. */
export class NotConfirmed extends EnsembleError {
  static override readonly code = 'not-confirmed';
  constructor(
    /** What would be removed, e.g. `all that is in environment test`. */
    readonly what: string,
    /** The same one by one, e.g. `2 services`. */
    readonly parts: readonly string[],
  ) {
    super(
      `this would remove ${what}: ${parts.join(', ')}; nothing was removed`,
      'the same command with --yes, if that is meant',
    );
  }

  override get exitCode(): 2 {
    return 2;
  }
}

/** Agents that are up would go on working on what is no longer there. */
export class AgentsUp extends EnsembleError {
  static override readonly code = 'agents-up';
  constructor(
    readonly environment: string,
    readonly machines: readonly string[],
  ) {
    super(
      `agents of environment ${environment} are up, on ${machines.join(', ')}`,
      'stop them first, or add --force',
    );
  }
}
