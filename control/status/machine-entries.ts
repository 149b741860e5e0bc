import { absenceFields } from '../../state/model/absence.js';
import type { Problem } from '../../state/model/entity.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { compareUnits } from '../../state/model/paths.js';
import type { Addresses, Cordon, Machine, MachineOwner } from '../../state/model/schemas.js';
import type { Session } from '../session.js';
import { type KeptEntry, keptEntry } from './kept-entry.js';

/** One machine as `machines` prints it; fields are added, never renamed. */
export interface MachineListing {
  readonly agent: 'up' | 'down';
  /** When it was stopped, where it is down for that. */
  readonly stopped?: string;
  /** Its pid, where it is down as it is suspended (Ctrl-Z, SIGSTOP), on this very host. */
  readonly suspended?: number;
  readonly hostname: string;
  /** The agent's version, and since when it is up; null while none is. */
  readonly version: string | null;
  readonly since: string | null;
  readonly addresses: Addresses | null;
  /** Its agent found none. */
  readonly noAddress?: true;
  /** Whose it is: the agent of this data directory. Null where its release did not tell. */
  readonly owner: Pick<MachineOwner, 'hostname' | 'dataDirectory' | 'since'> | null;
  /** There while it takes no new units. */
  readonly cordoned?: Cordon;
  readonly units: readonly string[];
  /** The units that were removed and are kept; only if there are any. */
  readonly kept?: KeptEntry;
}

/** All machines with the units they host, by their names. @param problems gets what cannot be read */
export async function listMachines(
  { coordinator }: Pick<Session, 'coordinator'>,
  problems: Problem[],
): Promise<Readonly<Record<string, MachineListing>>> {
  const machines = await readMachines(coordinator, problems);
  return Object.fromEntries(machines.map((machine) => [machine.name, listingOf(machine)]));
}

function listingOf({ agent, absence, machine, units }: MachineState): MachineListing {
  const kept = keptEntry(machine);
  return {
    agent: agent === undefined ? 'down' : 'up',
    ...absenceFields(absence),
    hostname: machine.hostname,
    version: agent?.version ?? null,
    since: agent?.since ?? null,
    addresses: machine.addresses ?? null,
    ...(machine.noAddress === true && { noAddress: true }),
    owner: ownerOf(machine),
    ...(machine.cordoned !== undefined && { cordoned: machine.cordoned }),
    units: [...units].sort(compareUnits),
    ...(kept !== undefined && { kept }),
  };
}

function ownerOf({ owner }: Machine): MachineListing['owner'] {
  if (owner === undefined) return null;
  const { hostname, dataDirectory, since } = owner;
  return { hostname, dataDirectory, since };
}
