import { writeToolDirectory } from '../hooks/client/tool-directory.js';
import type { HookContext } from '../hooks/context/hook-context.js';
import { startToolServer } from '../hooks/server/tool-server.js';
import { findPerl } from '../state/platform/find-perl.js';
import { openStorage } from '../state/storage/open.js';
import type { Storage } from '../state/storage/storage.js';
import { claimDataDirectory, type DataDirectory, pruneRuns } from './disk/data-directory.js';
import type { Endings } from './endings.js';
import { identify, machineMemory } from './identify.js';
import { type Journal, type Journalled, openJournal } from './journal/journal.js';
import { givenAddresses, type MachineAddresses, watchAddresses } from './machine/addresses.js';
import type { AgentOptions } from './options.js';
import type { ClaimMemory, Identity } from './tree/identity.js';

/** What the agent has of its machine before it asks the coordinator anything. */
export interface OpenedMachine {
  readonly perl: string;
  readonly directory: DataDirectory;
  /** The agent before this one did not come to stop. */
  readonly afterDeath: boolean;
  readonly journal: Journal;
  /** As of the start. */
  readonly journalled: Journalled;
  /** The contexts of running hooks by their runs' ids. */
  readonly contexts: Map<string, HookContext>;
  /** Says that the contexts of all adopted hooks stand: from now on tools are answered. */
  readonly hosted: () => void;
  readonly storage: Storage;
  readonly memory: ClaimMemory;
  readonly addresses: MachineAddresses;
  readonly identity: Identity;
}

/**
 * Claims the data directory, opens the journal, and listens for hook tools: a tool of a hook that goes on waits here
 * until it can be answered.
 * @throws PerlMissing, DataDirectoryInUse, DirectoryOfOtherMachine, JournalTooNew, and what the storage throws
 */
export async function openMachine(options: AgentOptions, ends: Endings): Promise<OpenedMachine> {
  const { environment, machine, log, clock } = options;
  const perl = findPerl();
  for (const warning of environment.warnings ?? []) log.warning(warning);
  const { directory, release, afterDeath, locked, left } = await claimDataDirectory(
    options.dataDirectory,
    machine,
  );
  ends.add(release);
  for (const sentence of left) log.warning(sentence);
  if (!locked)
    log.warning(
      `${directory.root} cannot be locked: install perl or flock, or see that one agent is started at a time`,
    );
  const journal = openJournal(directory.journal);
  ends.add(() => journal.close());
  const journalled = journal.load();
  // A unit that cannot be read may have a run, and nobody knows which.
  if (journalled.damaged.length === 0)
    await pruneRuns(
      directory,
      new Set(journalled.units.flatMap(({ hook }) => (hook === null ? [] : [hook.id]))),
    );
  await writeToolDirectory(directory.tools, perl);
  const contexts = new Map<string, HookContext>();
  let agentId: string | undefined;
  let hosted = (): void => undefined;
  const hosting = new Promise<void>((resolve) => {
    hosted = resolve;
  });
  const server = await startToolServer(
    directory.socket,
    async (id) => {
      await hosting;
      return contexts.get(id);
    },
    clock,
    { about: () => ({ agentId, pid: process.pid }) },
  );
  // The journal must still take what is answered.
  ends.addFirst(() => server.close());
  const storage = await openStorage(environment.storage, { stays: true, mustBeThere: true });
  ends.add(() => storage.close());
  const memory = await machineMemory(options, directory, journalled);
  const addresses =
    options.addresses ??
    (environment.address === undefined
      ? watchAddresses({ clock, log, alone: environment.state.startsWith('embedded:') })
      : givenAddresses(environment.address));
  ends.add(() => addresses.close());
  const identity = await identify(options, directory, addresses);
  ({ agentId } = identity);
  return {
    perl,
    directory,
    afterDeath,
    journal,
    journalled,
    contexts,
    hosted,
    storage,
    memory,
    addresses,
    identity,
  };
}
