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
 * Chooses the machine. A data directory keeps its machine: a host that was given another name, whose agent would become
 * a new machine with nothing on it, goes on as the one it was. Only `--machine` says otherwise, which the agent then
 * refuses where the directory holds units.
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
  if (named === 'host' && dataDir === undefined) {
    const earlier = await ofThisHost(options);
    const [first] = earlier;
    if (earlier.length > 1)
      throw new MachineUnclear({ hostname, machines: earlier.map(({ remembered }) => remembered.machine) });
    if (first !== undefined) return choice(first.remembered, first.directory, name);
  }
  requireName(name, false);
  return { machine: name, named, dataDirectory };
}

function requireName(name: string, isGiven: boolean): void {
  if (!isMachineName(name)) throw new MachineNameRefused({ machine: name, isGiven });
}

function choice({ machine, named }: RememberedMachine, dataDirectory: string, name: string): MachineChoice {
  const notice = `goes on as machine ${machine}, whose units are in ${dataDirectory}, although it would be called ${name} now; for a new machine, --machine ${name} and another --data-dir`;
  return { machine, named, dataDirectory, ...(machine !== name && { notice }) };
}

/** The directories of machines that had the name of this host, when that was called otherwise. */
async function ofThisHost({
  machines,
  hostname,
  host,
}: MachineOptions): Promise<
  readonly { readonly directory: string; readonly remembered: RememberedMachine }[]
> {
  if (host === undefined) return [];
  const names = (await readdir(machines).catch(() => [])).filter((name) => name !== hostname);
  const found = await Promise.all(
    names.map(async (name) => {
      const directory = join(machines, name);
      return { directory, remembered: await readRememberedMachine(directory) };
    }),
  );
  return found.flatMap(({ directory, remembered }) =>
    remembered?.named === 'host' && remembered.host === host ? [{ directory, remembered }] : [],
  );
}
