import { EnsembleError } from '../../state/platform/errors.js';
import { likeMachineName, MACHINE_NAME_RULE } from '../../state/model/machine-name.js';
import type { MachineOwner } from '../../state/model/schemas.js';

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

/** A unit was installed, and its data is not on the machine: it may be on a disk that is not mounted. */
export class UnitDirectoryMissing extends EnsembleError {
  static override readonly code = 'unit-directory-missing';
  constructor(
    readonly unit: string,
    readonly directory: string,
  ) {
    super(
      `the directory of ${unit} is missing, and its data with it: ${directory}; no hook runs`,
      `mount or restore it, and the unit goes on by itself; or begin anew with empty data: ensemble resolved --retry ${unit}`,
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

/** Another agent of the same machine name is up. */
export class MachineTaken extends EnsembleError {
  static override readonly code = 'machine-taken';
  readonly pid: number | undefined;
  readonly hostname: string;
  /** This agent's directory is a copy of the other one's. */
  readonly isCopy: boolean;
  constructor(
    readonly machine: string,
    /** As far as its presence tells. */
    agent: {
      readonly pid?: number;
      readonly hostname?: string | undefined;
      readonly dataDirectory?: string | undefined;
    },
    {
      dataDirectory,
      isCopy,
      takeOver = false,
    }: {
      /** Of this agent. */
      readonly dataDirectory: string;
      /** Whether this one has the other one's id. */
      readonly isCopy: boolean;
      /** This one was to take the machine over, and the other one did not go. */
      readonly takeOver?: boolean;
    },
  ) {
    const { pid, hostname = '?', dataDirectory: there } = agent;
    const process = pid === undefined ? 'a process' : `process ${pid}`;
    const where = there === undefined ? '' : `, in ${there}`;
    super(
      `machine ${machine} has an agent already: ${process} on ${hostname}${where}${isCopy ? `; ${dataDirectory} is a copy of its directory` : ''}`,
      takeOver
        ? 'it does not give the machine up by itself: stop it there, and then the same command again'
        : `${isCopy ? 'for a machine of its own choose an empty --data-dir and another --machine' : 'stop it there, or choose another name with --machine'}; to take the machine from it for good, the same command with --take-over`,
    );
    this.pid = pid;
    this.hostname = hostname;
    this.isCopy = isCopy;
  }
}

/** Units named in a message; of more, the first of them. */
const MOST_NAMES = 5;

function unitsIn(units: readonly string[]): string {
  const names = units.slice(0, MOST_NAMES).join(', ');
  return `${units.length === 1 ? 'a unit' : `${units.length} units`}: ${names}${units.length > MOST_NAMES ? ', …' : ''}`;
}

/** The machine is another agent's, which is not up; its data directory is where the machine's units live. */
export class MachineOwned extends EnsembleError {
  static override readonly code = 'machine-owned';
  readonly hostname: string;
  /** The owner's. */
  readonly dataDirectory: string;
  readonly since: string;
  /** This agent's directory is a copy of the owner's. */
  readonly isCopy: boolean;
  /** What this agent's directory is. */
  readonly here: OwnedHere;
  constructor(
    readonly machine: string,
    owner: { readonly hostname: string; readonly dataDirectory: string; readonly since: string },
    {
      units,
      dataDirectory: here,
      isCopy,
      here: kind,
      start,
    }: {
      readonly units: readonly string[];
      /** This agent's. */
      readonly dataDirectory: string;
      /** Whether this agent's directory is a copy of the owner's, from before that ran last. */
      readonly isCopy: boolean;
      readonly here: OwnedHere;
      /** What has the owner's agent work again. */
      readonly start: string;
    },
  ) {
    const { hostname, dataDirectory, since } = owner;
    super(
      {
        new: `machine ${machine} belongs to the agent in ${dataDirectory} on ${hostname}, since ${since}, and hosts ${unitsIn(units)}; in ${here} nothing is known of them`,
        older: `machine ${machine} was last run from ${dataDirectory} on ${hostname}, since ${since}; ${here} is an older copy of that directory`,
        former: `machine ${machine} was taken over by the agent in ${dataDirectory} on ${hostname}, since ${since}; ${here} has its units as they were until then`,
      }[kind],
      `${start}; only if that is lost for good${kind === 'former' ? ', or was taken over by mistake' : ''}, the same command with --take-over: its units then ${
        {
          new: 'are installed anew, without their data',
          older: 'go on from this copy',
          former: `go on from ${here}, without what they did since then`,
        }[kind]
      }`,
    );
    this.hostname = hostname;
    this.dataDirectory = dataDirectory;
    this.since = since;
    this.isCopy = isCopy;
    this.here = kind;
  }
}

/**
 * What a data directory is to a machine that another one has: one that knows nothing of it; an older copy of the owner's;
 * or the one it was taken over from.
 */
type OwnedHere = 'new' | 'older' | 'former';

/** Another agent has the machine now; this one stops. */
export class MachineTakenOver extends EnsembleError {
  static override readonly code = 'machine-taken-over';
  readonly hostname: string;
  /** The other agent's. */
  readonly dataDirectory: string;
  readonly since: string;
  constructor(
    readonly machine: string,
    owner: { readonly hostname: string; readonly dataDirectory: string; readonly since: string },
    /** It waits for this one to end, and may still be broken off: then the machine is this one's as before. */
    readonly isUnderWay = false,
  ) {
    const { hostname, dataDirectory, since } = owner;
    super(
      `machine ${machine} ${isUnderWay ? 'is being' : 'was'} taken over by the agent in ${dataDirectory} on ${hostname}, since ${since}; this one stops its hooks and leaves all else as it is`,
      `leave this one stopped, if that was meant; ${isUnderWay ? 'if that one is broken off before it is up, start this one again as before; ' : ''}to take the machine back, stop that one and start this one with --take-over`,
    );
    this.hostname = hostname;
    this.dataDirectory = dataDirectory;
    this.since = since;
  }
}

/** An operator broke off the taking over of a machine, before it had changed hands. */
export class TakeOverBrokenOff extends EnsembleError {
  static override readonly code = 'take-over-broken-off';
  constructor(
    readonly machine: string,
    /** Undefined where its release did not tell. */
    owner: { readonly hostname: string; readonly dataDirectory: string } | undefined,
    /** What has the owner's agent work again. */
    start: string,
  ) {
    const whose = owner === undefined ? '' : ` of the agent in ${owner.dataDirectory} on ${owner.hostname}`;
    super(
      `taking over machine ${machine} was broken off: it is still that${whose === '' ? ' of its agent' : whose}, which was told to stop`,
      `to go on there, ${start}; to take the machine over all the same, the same command again`,
    );
  }
}

/** A data directory holds the units of the machine it was made for. */
export class DirectoryOfOtherMachine extends EnsembleError {
  static override readonly code = 'directory-of-other-machine';
  constructor(
    readonly directory: string,
    /** Whose it is. */
    readonly known: string,
    readonly machine: string,
  ) {
    super(
      `${directory} holds the units of machine ${known}, and this agent was started as machine ${machine}`,
      `to go on with them, --machine ${known}; for a machine of its own, another --data-dir`,
    );
  }
}

/** A machine was to have a name that commands refuse, so that nobody could name it. */
export class MachineNameRefused extends EnsembleError {
  static override readonly code = 'machine-name-refused';
  constructor(
    readonly machine: string,
    /** By `--machine`; otherwise it is the host's. */
    readonly isGiven: boolean,
  ) {
    const like = likeMachineName(machine);
    super(
      `a machine cannot be called ${JSON.stringify(machine)}${isGiven ? '' : ', as this host is'}: its name ${MACHINE_NAME_RULE}`,
      `the same command with --machine ${like}`,
    );
  }

  override get exitCode(): 2 {
    return 2;
  }
}

/** The host has another name than before, and was several machines. */
export class MachineUnclear extends EnsembleError {
  static override readonly code = 'machine-unclear';
  constructor(
    readonly hostname: string,
    readonly machines: readonly string[],
  ) {
    super(
      `this host, which is called ${hostname} now, was machine ${machines.join(' and machine ')}`,
      `say which it is: --machine ${machines[0]}, or --machine ${hostname} for a new one`,
    );
  }
}

export class DataDirectoryInUse extends EnsembleError {
  static override readonly code = 'data-directory-in-use';
  constructor(
    readonly directory: string,
    /** Of a living process of this machine; unknown where that is another container's, say. */
    readonly pid: number | undefined,
    /** It lives, and does nothing: a signal stopped it. */
    readonly isSuspended = false,
  ) {
    super(
      `${directory} is in use by another agent${pid === undefined ? '' : `, process ${pid}`}${isSuspended ? ', which is suspended (Ctrl-Z, SIGSTOP)' : ''}`,
      `${isSuspended ? `let it go on: kill -CONT ${pid}; or` : 'stop it, or'} choose another with --data-dir`,
    );
  }
}

/** What an error about the tree says of the agent that refuses it. */
interface Refusing {
  readonly environment: string;
  readonly state: string;
  readonly machine: string;
  readonly dataDirectory: string;
  /** The command that starts this agent. */
  readonly command: string;
}

/** Another agent, as messages name it. */
export type OtherOwner = Pick<MachineOwner, 'hostname' | 'dataDirectory'>;

/**
 * The command by which an agent goes on with the state that it refuses. Where another agent has the machine there, that
 * needs an operator's word too, and both are said at once.
 */
function acceptCommand({ command, machine }: Refusing, owner: OtherOwner | undefined): string {
  const accepting = `${command} --accept-state`;
  return owner === undefined
    ? accepting
    : `${accepting} --take-over, which also takes machine ${machine} for good from the agent in ${owner.dataDirectory} on ${owner.hostname}`;
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
    /** Who has the machine there, where that is another agent. */
    readonly owner?: OtherOwner,
  ) {
    super(
      `${agent.dataDirectory} belongs to environment ${known}${seen === undefined ? '' : ` (last written to ${seen})`}, ` +
        `and ${agent.state} holds ${found === undefined ? 'one without an id' : `another, ${found}`}; nothing is done to ` +
        'the units here',
      `if this is the wrong state, name the right one with -e, or another directory with --data-dir; if the units here ` +
        `are to follow it: ${acceptCommand(agent, owner)}`,
    );
  }
}

/** The coordinator's files were replaced while the agent worked in them. */
export class StateReplaced extends EnsembleError {
  static override readonly code = 'state-replaced';
  constructor(readonly agent: Refusing) {
    super(
      `the files of ${agent.state} were removed or replaced while the agent of ${agent.dataDirectory} worked in them; ` +
        'what is in their place was not touched',
      `start it again, and it says whether that is the state of its units: ${agent.command}`,
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
    /** Who has the machine there, where that is another agent. */
    readonly owner?: OtherOwner,
  ) {
    super(
      `${agent.state} is older than what the units of ${agent.dataDirectory} did: ` +
        `${found === undefined ? 'it knows nothing of this agent' : `it is as of ${found}`}, and the agent wrote to it ` +
        `${known} last; nothing is done to the units here`,
      `if a newer copy can still be restored, restore it and start the agent again; if this one is to stay: ` +
        acceptCommand(agent, owner),
    );
  }
}
