import type { HookContext } from '../../hooks/context/hook-context.js';
import type { HookLauncher } from '../../hooks/process/launcher.js';
import type { Clock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import type { MachineAddresses } from './addresses.js';
import type { DataDirectory } from '../disk/data-directory.js';
import type { KeptUnits } from '../disk/kept-units.js';
import type { Leftovers } from '../disk/leftovers.js';
import type { Staging } from '../disk/staging.js';
import type { HomeEnvironment } from '../environment/home-environment.js';
import type { Formulas } from './formulas.js';
import type { HookGate } from './hook-gate.js';
import type { HookSlots } from './hook-slots.js';
import type { ShutdownInhibitor } from './shutdown-inhibitor.js';
import type { Journal } from '../journal/journal.js';
import type { Log } from '../contract/log.js';
import type { LogGatherer } from '../logs/gather-logs.js';
import type { DroppedRelations } from '../tree/dropped-relations.js';
import type { Histories } from '../tree/histories.js';
import type { Meetings, Relations } from '../tree/relations.js';
import type { RolloutGates } from '../tree/rollouts.js';
import type { Services } from '../tree/services.js';
import type { TreeWriter } from '../tree/tree-writer.js';

/** The name of the machine, where its agent writes what it does, and what time and chance it goes by. */
interface MachineParts {
  readonly machine: string;
  readonly addresses: MachineAddresses;
  /** The agent before this one did not come to stop. */
  readonly afterDeath: boolean;
  /** The machine's current boot: what ran in another one is gone. */
  readonly boot: string;
  readonly log: Log;
  /** Where what units print and log is gathered. */
  readonly logs: LogGatherer;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What the agent has on the machine's disk. */
interface DiskParts {
  readonly directory: DataDirectory;
  readonly journal: Journal;
  readonly leftovers: Leftovers;
  readonly staging: Staging;
  readonly kept: KeptUnits;
}

/** The state tree, as units see it and write it. */
interface TreeParts {
  readonly coordinator: Coordinator;
  readonly home: HomeEnvironment;
  readonly writer: TreeWriter;
  readonly formulas: Formulas;
  readonly services: Services;
  readonly gates: RolloutGates;
  readonly relations: Relations;
  readonly meetings: Meetings;
  readonly dropped: DroppedRelations;
  readonly histories: Histories;
}

/** How hooks are run, and what holds for all of them. */
interface HookMeans {
  readonly launcher: HookLauncher;
  readonly slots: HookSlots;
  readonly gate: HookGate;
  readonly inhibitor: ShutdownInhibitor;
  /** The contexts of running hooks by their runs' ids: what hook tools are answered from. */
  readonly contexts: Map<string, HookContext>;
  /** The environment's, for hooks whose formula says nothing else. */
  readonly hookRules: HookRules;
  /** Milliseconds a hook may take. */
  readonly hookTimeLimit: number;
  /** Milliseconds between SIGTERM and SIGKILL for a hook over its time limit. */
  readonly hookKillDelay: number;
}

/** The parts that every unit of the machine uses; made once by the agent. Who uses them says which, by `Uses`. */
export interface AgentParts extends MachineParts, DiskParts, TreeParts, HookMeans {}

/** Somebody who uses some of the parts, and says which. */
export interface Uses<Part extends keyof AgentParts> {
  readonly parts: Pick<AgentParts, Part>;
}
