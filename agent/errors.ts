import { EnsembleError } from '../state/errors.js';

/** A record of the journal is not what any release wrote. Its unit is not hosted, and nothing of it is touched. */
export class JournalDamaged extends EnsembleError {
  static override readonly code = 'journal-damaged';
  constructor(
    readonly journal: string,
    readonly unit: string,
    readonly reason: string,
  ) {
    super(
      `the journal ${journal} is damaged at unit ${unit}: ${reason}`,
      `restore it from a backup, or have the unit begin anew on its data: ensemble resolved --retry ${unit}`,
    );
  }
}

/** The journal as a whole is damaged; nothing of it is touched. */
export class JournalUnreadable extends EnsembleError {
  static override readonly code = 'journal-unreadable';
  constructor(
    readonly journal: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the journal ${journal} cannot be read: ${reason}`,
      'restore it from a backup; or move it aside, and every unit of this machine begins anew on its data',
      options,
    );
  }
}

/** The loop breaker stopped what was repeated without getting anywhere. */
export class NoProgress extends EnsembleError {
  static override readonly code = 'no-progress';
}

export class JournalTooNew extends EnsembleError {
  static override readonly code = 'journal-too-new';
  constructor(
    readonly journal: string,
    readonly version: number,
  ) {
    super(
      `the journal ${journal} was written by a newer Ensemble (version ${version} of its format)`,
      'install the newer Ensemble on this machine',
    );
  }
}

/** The data directory was laid out by a newer release. */
export class DataDirectoryTooNew extends EnsembleError {
  static override readonly code = 'data-directory-too-new';
  constructor(
    readonly directory: string,
    readonly marker: string,
  ) {
    super(
      `${directory} was laid out by a newer Ensemble (${marker})`,
      'install the newer Ensemble on this machine',
    );
  }
}

export class DataDirectoryInUse extends EnsembleError {
  static override readonly code = 'data-directory-in-use';
  constructor(
    readonly directory: string,
    /** Of a living process of this machine; unknown where that is another container's, say. */
    readonly pid: number | undefined,
  ) {
    super(
      `${directory} is in use by another agent${pid === undefined ? '' : `, process ${pid}`}`,
      'stop it, or choose another with --data-dir',
    );
  }
}
