import { defineError } from '../../state/platform/errors.js';
import { likeMachineName, MACHINE_NAME_RULE } from '../../state/model/machine-name.js';
import type { MachineOwner } from '../../state/model/machine-schemas.js';

/** A record of the journal is not what any release wrote. Its unit is not hosted, and nothing of it is touched. */
export class JournalDamaged extends defineError<{ journal: string; unit: string; reason: string }>(
  'journal-damaged',
  ({ journal, unit, reason }) => `the journal ${journal} is damaged at unit ${unit}: ${reason}`,
  ({ unit }) =>
    `restore it from a backup, or have the unit begin anew on its data: ensemble resolved --retry ${unit}`,
) {}

/** The journal as a whole is damaged; nothing of it is touched. */
export class JournalUnreadable extends defineError<{ journal: string; reason: string }>(
  'journal-unreadable',
  ({ journal, reason }) => `the journal ${journal} cannot be read: ${reason}`,
  'restore it from a backup; or move it aside, and every unit of this machine begins anew on its data',
) {}

/** A unit was installed, and its data is not on the machine: it may be on a disk that is not mounted. */
export class UnitDirectoryMissing extends defineError<{ unit: string; directory: string }>(
  'unit-directory-missing',
  ({ unit, directory }) =>
    `the directory of ${unit} is missing, and its data with it: ${directory}; no hook runs`,
  ({ unit }) =>
    `mount or restore it, and the unit goes on by itself; or begin anew with empty data: ensemble resolved --retry ${unit}`,
) {}

/** The loop breaker stopped what was repeated without getting anywhere. */
export class NoProgress extends defineError<{ sentence: string; next: string | undefined }>(
  'no-progress',
  ({ sentence }) => sentence,
  ({ next }) => next,
) {}

/** A hook succeeded, and the coordinator refuses for good what it set. */
export class HookWritesRefused extends defineError<{ unit: string; hook: string; reason: string }>(
  'hook-writes-refused',
  ({ unit, hook, reason }) =>
    `hook "${hook}" of ${unit} succeeded, but what it set cannot be written: ${reason}`,
  'mend that, or leave out --retry to go on without what it set',
) {}

/** A hook that waited for its next try is not tried again, since an operator wants something else of its unit. */
export class HookRetryEnded extends defineError<{ sentence: string; next: string | undefined }>(
  'hook-retry-ended',
  ({ sentence }) => sentence,
  ({ next }) => next,
) {}

export class JournalTooNew extends defineError<{ journal: string; version: number }>(
  'journal-too-new',
  ({ journal, version }) =>
    `the journal ${journal} was written by a newer Ensemble (version ${version} of its format)`,
  'install the newer Ensemble on this machine',
) {}

/** Another agent of the same machine name is up. */
export class MachineTaken extends defineError<{
  machine: string;
  /** The other agent's, like its host and directory, as far as its presence tells. */
  pid?: number | undefined;
  hostname: string;
  dataDirectory?: string | undefined;
  /** This agent's. */
  ownDirectory: string;
  /** This agent's directory is a copy of the other one's: it has the other one's id. */
  isCopy: boolean;
  /** This one was to take the machine over, and the other one did not go. */
  takeOver?: boolean;
}>(
  'machine-taken',
  ({ machine, pid, hostname, dataDirectory, ownDirectory, isCopy }) => {
    const process = pid === undefined ? 'a process' : `process ${pid}`;
    const where = dataDirectory === undefined ? '' : `, in ${dataDirectory}`;
    const copy = isCopy ? `; ${ownDirectory} is a copy of its directory` : '';
    return `machine ${machine} has an agent already: ${process} on ${hostname}${where}${copy}`;
  },
  ({ isCopy, takeOver = false }) =>
    takeOver
      ? 'it does not give the machine up by itself: stop it there, and then the same command again'
      : `${isCopy ? 'for a machine of its own choose an empty --data-dir and another --machine' : 'stop it there, or choose another name with --machine'}; to take the machine from it for good, the same command with --take-over`,
) {}

/** Units named in a message; of more, the first of them. */
const MOST_NAMES = 5;

function unitsIn(units: readonly string[]): string {
  const names = units.slice(0, MOST_NAMES).join(', ');
  return `${units.length === 1 ? 'a unit' : `${units.length} units`}: ${names}${units.length > MOST_NAMES ? ', …' : ''}`;
}

/** The machine is another agent's, which is not up; its data directory is where the machine's units live. */
export class MachineOwned extends defineError<{
  machine: string;
  /** The owner's, like its directory. */
  hostname: string;
  dataDirectory: string;
  since: string;
  units: readonly string[];
  /** This agent's. */
  ownDirectory: string;
  /** This agent's directory is a copy of the owner's, from before that ran last. */
  isCopy: boolean;
  /** Says what this agent's directory is. */
  here: OwnedHere;
  /** The command that has the owner's agent work again. */
  start: string;
}>(
  'machine-owned',
  ({ machine, hostname, dataDirectory, since, units, ownDirectory, here }) =>
    ({
      new: `machine ${machine} belongs to the agent in ${dataDirectory} on ${hostname}, since ${since}, and hosts ${unitsIn(units)}; in ${ownDirectory} nothing is known of them`,
      older: `machine ${machine} was last run from ${dataDirectory} on ${hostname}, since ${since}; ${ownDirectory} is an older copy of that directory`,
      former: `machine ${machine} was taken over by the agent in ${dataDirectory} on ${hostname}, since ${since}; ${ownDirectory} has its units as they were until then`,
    })[here],
  ({ ownDirectory, here, start }) =>
    `${start}; only if that is lost for good${here === 'former' ? ', or was taken over by mistake' : ''}, the same command with --take-over: its units then ${
      {
        new: 'are installed anew, without their data',
        older: 'go on from this copy',
        former: `go on from ${ownDirectory}, without what they did since then`,
      }[here]
    }`,
) {}

/**
 * A data directory, seen from a machine that another one has: one that knows nothing of it; an older copy of the
 * owner's; or the one that it was taken over from.
 */
type OwnedHere = 'new' | 'older' | 'former';

/** Another agent has the machine now; this one stops. */
export class MachineTakenOver extends defineError<{
  machine: string;
  /** The other agent's, like its directory. */
  hostname: string;
  dataDirectory: string;
  since: string;
  /** It waits for this one to end, and may still be broken off: then the machine is this one's as before. */
  isUnderWay: boolean;
}>(
  'machine-taken-over',
  ({ machine, hostname, dataDirectory, since, isUnderWay }) =>
    `machine ${machine} ${isUnderWay ? 'is being' : 'was'} taken over by the agent in ${dataDirectory} on ${hostname}, since ${since}; this one stops its hooks and leaves all else as it is`,
  ({ isUnderWay }) =>
    `leave this one stopped, if that was meant; ${isUnderWay ? 'if that one is broken off before it is up, start this one again as before; ' : ''}to take the machine back, stop that one and start this one with --take-over`,
) {}

/** An operator broke off the taking over of a machine, before it had changed hands. */
export class TakeOverBrokenOff extends defineError<{
  machine: string;
  /** Undefined where its release did not tell. */
  owner: { readonly hostname: string; readonly dataDirectory: string } | undefined;
  /** The command that has the owner's agent work again. */
  start: string;
}>(
  'take-over-broken-off',
  ({ machine, owner }) => {
    const whose = owner === undefined ? '' : ` of the agent in ${owner.dataDirectory} on ${owner.hostname}`;
    return `taking over machine ${machine} was broken off: it is still that${whose === '' ? ' of its agent' : whose}, which was told to stop`;
  },
  ({ start }) => `to go on there, ${start}; to take the machine over all the same, the same command again`,
) {}

/** A data directory holds the units of the machine it was made for. */
export class DirectoryOfOtherMachine extends defineError<{
  directory: string;
  /** The machine that it was made for. */
  known: string;
  machine: string;
}>(
  'directory-of-other-machine',
  ({ directory, known, machine }) =>
    `${directory} holds the units of machine ${known}, and this agent was started as machine ${machine}`,
  ({ known }) => `to go on with them, --machine ${known}; for a machine of its own, another --data-dir`,
) {}

/** A machine was to have a name that commands refuse, so that nobody could name it. */
export class MachineNameRefused extends defineError<{
  machine: string;
  /** By `--machine`; otherwise it is the host's. */
  isGiven: boolean;
}>(
  'machine-name-refused',
  ({ machine, isGiven }) =>
    `a machine cannot be called ${JSON.stringify(machine)}${isGiven ? '' : ', as this host is'}: its name ${MACHINE_NAME_RULE}`,
  ({ machine }) => {
    const like = likeMachineName(machine);
    return `the same command with --machine ${like}`;
  },
  { exitCode: 2 },
) {}

/** The host has another name than before, and was several machines. */
export class MachineUnclear extends defineError<{ hostname: string; machines: readonly string[] }>(
  'machine-unclear',
  ({ hostname, machines }) =>
    `this host, which is called ${hostname} now, was machine ${machines.join(' and machine ')}`,
  ({ hostname, machines }) =>
    `say which it is: --machine ${machines[0]}, or --machine ${hostname} for a new one`,
) {}

export class DataDirectoryInUse extends defineError<{
  directory: string;
  /** The number of a living process of this machine; unknown if that is another container's, say. */
  pid: number | undefined;
  /** It lives, and does nothing: a signal stopped it. */
  isSuspended: boolean;
}>(
  'data-directory-in-use',
  ({ directory, pid, isSuspended }) =>
    `${directory} is in use by another agent${pid === undefined ? '' : `, process ${pid}`}${isSuspended ? ', which is suspended (Ctrl-Z, SIGSTOP)' : ''}`,
  ({ pid, isSuspended }) =>
    `${isSuspended ? `let it go on: kill -CONT ${pid}; or` : 'stop it, or'} choose another with --data-dir`,
) {}

/** An error about the tree says this of the agent that refuses it. */
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
export class StateForeign extends defineError<{
  agent: Refusing;
  /** The id of the environment that the directory knows, and when it last told it something. */
  known: string;
  seen: string | undefined;
  /** The id of the one that was found; one of release 0.1.0 has none. */
  found: string | undefined;
  /** Who has the machine there, where that is another agent. */
  owner?: OtherOwner | undefined;
}>(
  'state-foreign',
  ({ agent, known, seen, found }) =>
    `${agent.dataDirectory} belongs to environment ${known}${seen === undefined ? '' : ` (last written to ${seen})`}, ` +
    `and ${agent.state} holds ${found === undefined ? 'one without an id' : `another, ${found}`}; nothing is done to ` +
    'the units here',
  ({ agent, owner }) =>
    `if this is the wrong state, name the right one with -e, or another directory with --data-dir; if the units here ` +
    `are to follow it: ${acceptCommand(agent, owner)}`,
) {}

/** The coordinator's files were replaced while the agent worked in them. */
export class StateReplaced extends defineError<{ agent: Refusing }>(
  'state-replaced',
  ({ agent }) =>
    `the files of ${agent.state} were removed or replaced while the agent of ${agent.dataDirectory} worked in them; ` +
    'what is in their place was not touched',
  ({ agent }) => `start it again, and it says whether that is the state of its units: ${agent.command}`,
) {}

/** The tree is a copy of before the agent's last work: it was restored from a backup. */
export class StateOlder extends defineError<{
  agent: Refusing;
  /** When the directory last told the tree something, and what of that the tree knows. */
  known: string;
  found: string | undefined;
  /** Who has the machine there, where that is another agent. */
  owner?: OtherOwner | undefined;
}>(
  'state-older',
  ({ agent, known, found }) =>
    `${agent.state} is older than what the units of ${agent.dataDirectory} did: ` +
    `${found === undefined ? 'it knows nothing of this agent' : `it is as of ${found}`}, and the agent wrote to it ` +
    `${known} last; nothing is done to the units here`,
  ({ agent, owner }) =>
    `if a newer copy can still be restored, restore it and start the agent again; if this one is to stay: ` +
    acceptCommand(agent, owner),
) {}
