import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type NamedBy, type RememberedMachine, readRememberedMachine } from './disk/remembered-machine.js';
import { isMachineName } from '../state/model/machine-name.js';
import { MachineNameRefused, MachineUnclear } from './contract/errors.js';

/** Which machine an agent is to be, and where its units live. */
interface MachineChoice {
  readonly machine: string;
  readonly named: NamedBy;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Told where that is another name than one would think. */
  readonly notice?: string;
}

export interface MachineOptions {
  readonly machine?: string | undefined;
  readonly dataDir?: string | undefined;
  /** Where data directories are made of which none is named: one for each machine. */
  readonly machines: string;
  /** The machine of an environment that has one only; it stays the same whatever the host is called. */
  readonly fixed?: string | undefined;
  /** Short. */
  readonly hostname: string;
  /** The host's id, where it has one. */
  readonly host: string | undefined;
}

/**
 * Chooses the machine. A data directory keeps its machine: a host whose machine would be called otherwise by now, since the
 * host was given another name or the environment moved from an embedded state to another one, goes on as the machine that it
 * was, and not as a new one with nothing on it. Only `--machine` says otherwise, which the agent then refuses where the
 * directory holds units. A new machine beside one that was named by hand is told of.
 * @throws MachineNameRefused for a name that commands refuse; MachineUnclear
 */
export async function chooseMachine(options: MachineOptions): Promise<MachineChoice> {
  const { machine, dataDir, machines, fixed, hostname } = options;
  const name = machine ?? fixed ?? hostname;
  const named: NamedBy = machine !== undefined ? 'given' : fixed !== undefined ? 'default' : 'host';
  if (machine !== undefined) requireName(machine, true);
  const dataDirectory = resolve(dataDir ?? join(machines, name));
  const known = machine === undefined ? await readRememberedMachine(dataDirectory) : undefined;
  if (known !== undefined) return choice(known, dataDirectory, name);
  const beside = machine === undefined && dataDir === undefined ? await ofThisHost(options, name) : [];
  const earlier = beside.filter(({ remembered }) => remembered.named !== 'given');
  const [first] = earlier;
  if (earlier.length > 1)
    throw new MachineUnclear({
      hostname: name,
      machines: earlier.map(({ remembered }) => remembered.machine),
    });
  if (first !== undefined) return choice(first.remembered, first.directory, name);
  requireName(name, false);
  const notice = beside.length === 0 ? undefined : newBeside(name, beside);
  return { machine: name, named, dataDirectory, ...(notice !== undefined && { notice }) };
}

/** One that was named by hand may have its agent all the same, so nothing is decided for it. */
function newBeside(name: string, beside: readonly OfThisHost[]): string {
  const known = beside.map(({ directory, remembered: { machine } }) => `machine ${machine} (${directory})`);
  const ways = beside.map(({ remembered: { machine } }) => `--machine ${machine}`);
  return `begins as machine ${name}, which is new here and has no units; this host is ${known.join(' and ')} too: to go on as that, ${ways.join(' or ')}`;
}

function requireName(name: string, isGiven: boolean): void {
  if (!isMachineName(name)) throw new MachineNameRefused({ machine: name, isGiven });
}

function choice({ machine, named }: RememberedMachine, dataDirectory: string, name: string): MachineChoice {
  const notice = `goes on as machine ${machine}, whose units are in ${dataDirectory}, although it would be called ${name} now; for a new machine, --machine ${name} and another --data-dir`;
  return { machine, named, dataDirectory, ...(machine !== name && { notice }) };
}

interface OfThisHost {
  readonly directory: string;
  readonly remembered: RememberedMachine;
}

/**
 * The directories in which this host was machines of other names. A host without an id is told from others by nothing; only
 * the machine of an embedded environment has a single host.
 */
async function ofThisHost({ machines, host }: MachineOptions, own: string): Promise<readonly OfThisHost[]> {
  const names = (await readdir(machines).catch(() => [])).filter((name) => name !== own).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = join(machines, name);
      return { directory, remembered: await readRememberedMachine(directory) };
    }),
  );
  return found.flatMap(({ directory, remembered }) =>
    remembered !== undefined &&
    remembered.host === host &&
    (host !== undefined || remembered.named === 'default')
      ? [{ directory, remembered }]
      : [],
  );
}
