import { absenceFields } from '../../state/model/absence.js';
import { type Problem, readSound } from '../../state/model/entity.js';
import { type MachineState, readMachines } from '../../state/model/machines.js';
import { compareUnits, paths } from '../../state/model/paths.js';
import { type Layout, layoutSchema } from '../../state/model/environment-schemas.js';
import { type LevelStep, levelStepSchema } from '../../state/model/level-step.js';
import type { Addresses, Cordon, Machine, MachineOwner } from '../../state/model/machine-schemas.js';
import {
  type BehindMachine,
  planUpgrade,
  type ShownLayout,
  type UpgradePlan,
} from '../environment/plan-upgrade.js';
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
  /** The version of the agent that took the machine last, and what it reads; null where that was release 0.1.0. */
  readonly registered: RegisteredProgram | null;
  /** By the `trust` of its own file of environments; null where its agent does not tell. */
  readonly trust: string | null;
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

/** The programs of a machine, as its node tells of them. */
export interface RegisteredProgram {
  readonly version: string | null;
  /** The levels of the tree that they read. */
  readonly layout: { readonly min: number; readonly max: number };
  readonly features: readonly string[];
}

/** What `machines` prints: fields are added, never renamed. */
export interface MachinesDocument {
  readonly machines: Readonly<Record<string, MachineListing>>;
  /** Absent where `/layout` cannot be read. */
  readonly environment?: EnvironmentEntry;
}

/** The versions that work in an environment, and what its layout keeps waiting for. */
export interface EnvironmentEntry {
  readonly layout: ShownLayout;
  /** As this version would have it: `upgrade-environment`. */
  readonly upgrade: Pick<UpgradePlan, 'state' | 'features' | 'step'> & {
    readonly behind: Readonly<Record<string, BehindMachine>>;
  };
  /** Machines by the version of their agent; `?` where none is known. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
}

/** All machines with the units they host, by their names. @param problems gets what cannot be read */
export async function listMachines(
  { coordinator }: Pick<Session, 'coordinator'>,
  problems: Problem[],
): Promise<MachinesDocument> {
  const [machines, layout, step] = await Promise.all([
    readMachines(coordinator, problems),
    readSound(coordinator, paths.layout, layoutSchema, problems),
    readSound(coordinator, paths.layoutStep, levelStepSchema, problems),
  ]);
  return {
    machines: Object.fromEntries(machines.map((machine) => [machine.name, listingOf(machine)])),
    ...(layout !== undefined && { environment: environmentOf(layout.value, machines, step?.value) }),
  };
}

function environmentOf(
  layout: Layout,
  machines: readonly MachineState[],
  begun: LevelStep | undefined,
): EnvironmentEntry {
  const { state, from, features, behind, step } = planUpgrade(layout, machines, begun);
  return {
    layout: from,
    upgrade: {
      state,
      features,
      behind: Object.fromEntries(behind.map((each) => [each.machine, each])),
      ...(step !== undefined && { step }),
    },
    versions: versionsOf(machines),
  };
}

/** The machines of each version. One that is of release 0.1.0 and down says none. */
function versionsOf(machines: readonly MachineState[]): Readonly<Record<string, readonly string[]>> {
  const versions = new Map<string, string[]>();
  for (const { name, agent, machine } of machines) {
    const version = agent?.version ?? machine.version ?? '?';
    versions.set(version, [...(versions.get(version) ?? []), name]);
  }
  return Object.fromEntries(versions);
}

function listingOf({ agent, absence, machine, units }: MachineState): MachineListing {
  const kept = keptEntry(machine);
  return {
    agent: agent === undefined ? 'down' : 'up',
    ...absenceFields(absence),
    hostname: machine.hostname,
    version: agent?.version ?? null,
    since: agent?.since ?? null,
    registered: registeredOf(machine),
    trust: machine.trust ?? null,
    addresses: machine.addresses ?? null,
    ...(machine.noAddress === true && { noAddress: true }),
    owner: ownerOf(machine),
    ...(machine.cordoned !== undefined && { cordoned: machine.cordoned }),
    units: [...units].sort(compareUnits),
    ...(kept !== undefined && { kept }),
  };
}

function registeredOf({ layout, features = [], version }: Machine): RegisteredProgram | null {
  if (layout === undefined) return null;
  return { version: version ?? null, layout: { min: layout.min, max: layout.max }, features };
}

function ownerOf({ owner }: Machine): MachineListing['owner'] {
  if (owner === undefined) return null;
  const { hostname, dataDirectory, since } = owner;
  return { hostname, dataDirectory, since };
}
