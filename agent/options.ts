import type { Clock } from '../state/platform/clock.js';
import type { openCoordinator } from '../state/coordination/open.js';
import type { Environment } from '../state/environments/environment.js';
import type { Log } from './contract/log.js';
import type { NamedBy } from './disk/remembered-machine.js';
import type { MachineAddresses } from './machine/addresses.js';
import type { Inhibiting } from './machine/shutdown-inhibitor.js';
import type { Breakable } from './tree/presence.js';

/** The options that an agent is started with. */
export interface AgentOptions {
  readonly environment: Environment;
  readonly machine: string;
  /** Where its name comes from; default: it was given. */
  readonly named?: NamedBy;
  /** Absolute. */
  readonly dataDirectory: string;
  /** An operator wants the machine taken from the agent that has it. */
  readonly takeOver?: boolean;
  /** Milliseconds for which an agent is waited for that has to go first; default 20 s. */
  readonly patience?: number;
  /** The unit of the service manager that runs this process. */
  readonly service?: string;
  /** Hooks that may run at once on this machine; default: four for each core. */
  readonly hookConcurrency?: number;
  /** Milliseconds a hook may take, instead of what the environment says; default an hour. */
  readonly hookTimeLimit?: number;
  /** Milliseconds from SIGTERM to SIGKILL for a hook over its limit; default ten seconds. */
  readonly hookKillDelay?: number;
  readonly version: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: () => number;
  /** The tree is right, whatever the data directory knows: units that it does not have are put aside. */
  readonly acceptState?: boolean;
  /** Identifies the machine's current boot; default: the kernel's `bootId()`. */
  readonly boot?: string;
  /** Where others reach this machine; default: the environment's `address`, or what the machine's network says. */
  readonly addresses?: MachineAddresses;
  /** Told that hooks are being ended, as another agent has the machine: the process must outlive them. */
  readonly losing?: () => void;
  /** Does what an operator may break off: waiting for the machine's owner to go. Default: nobody breaks it off. */
  readonly breakable?: Breakable;
  /** What delays a shutdown of the machine; default: logind, where it is. */
  readonly inhibiting?: Inhibiting;
  /** Opens the coordinator; default: the engine that the environment's URL names. */
  readonly open?: typeof openCoordinator;
}
