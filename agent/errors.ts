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

/** A hook succeeded, and the coordinator refuses for good what it set. */
export class HookWritesRefused extends EnsembleError {
  static override readonly code = 'hook-writes-refused';
  constructor(
    readonly unit: string,
    readonly hook: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `hook "${hook}" of ${unit} succeeded, but what it set cannot be written: ${reason}`,
      'mend that, or leave out --retry to go on without what it set',
      options,
    );
  }
}

/** A hook that waited for its next try is not tried again, since an operator wants something else of its unit. */
export class HookRetryEnded extends EnsembleError {
  static override readonly code = 'hook-retry-ended';
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

/** What an error about the tree says of the agent that refuses it. */
interface Refusing {
  readonly environment: string;
  readonly state: string;
  readonly dataDirectory: string;
  /** The command that starts this agent. */
  readonly command: string;
}

/** The coordinator holds another environment than the one that the data directory's units belong to. */
export class StateForeign extends EnsembleError {
  static override readonly code = 'state-foreign';
  constructor(
    readonly agent: Refusing,
    /** The id of the environment that the directory knows, and when it last told it something. */
    readonly known: string,
    readonly seen: string | undefined,
    /** The id of the one that was found; one of release 0.1.0 has none. */
    readonly found: string | undefined,
  ) {
    super(
      `${agent.dataDirectory} belongs to environment ${known}${seen === undefined ? '' : ` (last written to ${seen})`}, ` +
        `and ${agent.state} holds ${found === undefined ? 'one without an id' : `another, ${found}`}; nothing is done to ` +
        'the units here',
      `if this is the wrong state, name the right one with -e, or another directory with --data-dir; if the units here ` +
        `are to follow it: ${agent.command} --accept-state`,
    );
  }
}

/** The tree is a copy of before the agent's last work: it was restored from a backup. */
export class StateOlder extends EnsembleError {
  static override readonly code = 'state-older';
  constructor(
    readonly agent: Refusing,
    /** When the directory last told the tree something, and what of that the tree knows. */
    readonly known: string,
    readonly found: string | undefined,
  ) {
    super(
      `${agent.state} is older than what the units of ${agent.dataDirectory} did: ` +
        `${found === undefined ? 'it knows nothing of this agent' : `it is as of ${found}`}, and the agent wrote to it ` +
        `${known} last; nothing is done to the units here`,
      `if a newer copy can still be restored, restore it and start the agent again; if this one is to stay: ` +
        `${agent.command} --accept-state`,
    );
  }
}
