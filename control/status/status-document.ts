import type { Problem } from '../../state/model/entity.js';
import type { Hold } from '../../state/model/hold.js';
import type { Cordon } from '../../state/model/machine-schemas.js';
import type { UnitHealth, UnitStatus } from '../../state/model/unit-schemas.js';
import type { OnTrial } from '../candidates/standing.js';
import type { KeptEntry } from './kept-entry.js';
import type { PendingRequest } from './pending-requests.js';
import type { RelationEntry, RelationErrorEntry } from './relation-entries.js';
import type { RolloutEntry } from './rollout-entry.js';

/**
 * The output of `status --format json`: docs/operators.md, “status”. Others script against it: fields are added,
 * never renamed.
 */
export interface StatusDocument {
  readonly environment: string;
  readonly machines: Readonly<Record<string, MachineEntry>>;
  readonly services: Readonly<Record<string, ServiceEntry>>;
  /** Those of the services shown, by their numbers. */
  readonly relations: Readonly<Record<string, RelationEntry>>;
  /** Nodes of the state that cannot be read; only where there are such. What they say is left out, or `unknown`. */
  readonly problems?: readonly Problem[];
}

export interface MachineEntry {
  readonly agent: 'up' | 'down';
  readonly hostname: string;
  /** The agent's version; null while none is up. */
  readonly version: string | null;
  /** Its agent found no address that other machines could reach it by. */
  readonly noAddress?: true;
  readonly units: number;
  /** There while it takes no new units. */
  readonly cordoned?: Cordon;
  /** The units that were removed and are kept; only if there are any. */
  readonly kept?: KeptEntry;
  /** Bytes that are free on its disk, where it keeps more than that of removed units. */
  readonly free?: number;
  /**
   * For a machine that is down: when its agent was stopped, if it was; it is down since then, whatever its session
   * does.
   */
  readonly stopped?: string;
  /**
   * For a machine that is down: the pid of its agent, if that is suspended (Ctrl-Z, SIGSTOP) on the host that asks.
   */
  readonly suspended?: number;
  /** Of one that is down: what has its agent work again, e.g. `start it on db1: systemctl start ensemble-agent`. */
  readonly start?: string;
}

export interface ServiceEntry {
  readonly formula: string;
  /** The directory that `upgrade-formula` looks in. */
  readonly repository: string;
  readonly exposed: boolean;
  /** There while the service waits for its last units to stop. */
  readonly destroying?: true;
  /** There where its units are placed beside those of other services. */
  readonly subordinate?: true;
  /** The services on the other side, by the name of the service's own relation; of peers, the service itself. */
  readonly relations: Readonly<Record<string, readonly string[]>>;
  /** Relations that the formula requires and that are not there; only where there are such. */
  readonly missingRelations?: readonly string[];
  /** Who does not want it upgraded as a whole; only where there are such. */
  readonly holds?: readonly Hold[];
  /** Units that were asked for and are not made; only where there are such. A command makes them, or was interrupted. */
  readonly unmade?: UnmadeEntry;
  /** Its rollout, while something of it is to be done or to be said. */
  readonly rollout?: RolloutEntry;
  /** The newer revisions of its formula that may be taken; only where such are known. */
  readonly newer?: NewerKnown;
  readonly units: Readonly<Record<string, UnitEntry>>;
}

/** The highest revision of each class that is newer than what a service has; null where there is none. */
export interface NewerKnown {
  readonly eligible: number | null;
  readonly questionable: number | null;
  readonly urgent: number | null;
}

export interface UnmadeEntry {
  readonly units: number;
  /** The machines that were named for them; only where there are such. */
  readonly machines?: readonly string[];
  /** What makes them, where nobody is at it. */
  readonly next: string;
}

export interface UnitEntry {
  /** Null while the unit waits for a machine. */
  readonly machine: string | null;
  readonly agent: 'up' | 'down';
  readonly state: string;
  /** For a unit that waits for a machine: why, and the command that helps, if one does. */
  readonly blockers?: readonly { readonly reason: string; readonly next: string }[];
  /** There where somebody asked for the unit's removal, until it is gone. */
  readonly removing?: true;
  /** What was asked of it and is not taken up, as its agent is not there; only where something is. */
  readonly asked?: readonly PendingRequest[];
  /** The unit's formula; null until it is installed. */
  readonly formula: string | null;
  /** There where that is no release, but stands in an open change, or did. */
  readonly candidate?: OnTrial;
  readonly since: string;
  /** Where its machine is reached; there once its agent has taken it up. */
  readonly publicAddress?: string;
  readonly message: string;
  /** An error's message in a few words, the cause first; only where that is shorter. */
  readonly brief?: string;
  /** The operator's way out of an error; only if there is one. */
  readonly next?: string;
  /** What the formula says of its workload, where it says anything. */
  readonly workload?: string;
  /** What its hook `health-check` says, where its formula has one. */
  readonly health?: UnitHealth;
  /** For a subordinate: the unit it is placed beside. */
  readonly principal?: string;
  /** The units placed beside this one; only where there are such. */
  readonly subordinates?: readonly string[];
  /** `up`, `down` or `error`, by the relation's name; of several relations of one name, the worst. */
  readonly relations: Readonly<Record<string, string>>;
  /** Why relations are in error, by their ids; only where some are. */
  readonly relationErrors?: Readonly<Record<string, RelationErrorEntry>>;
  /** There while a hook of the unit, or a command in its place, runs for longer than a moment; on its machine. */
  readonly hook?: NonNullable<UnitStatus['hook']>;
  /** There while a hook of the unit waits for its next try. */
  readonly waiting?: NonNullable<UnitStatus['waiting']>;
  readonly ports: readonly string[];
  /** Who does not want this unit alone upgraded; only where there are such. */
  readonly holds?: readonly Hold[];
  /** There only while an upgrade is wanted, under way, blocked or failed. */
  readonly upgrade?: UpgradeEntry;
}

export interface UpgradeEntry {
  /** `wanted` until the agent has taken it up. */
  readonly step: string;
  readonly from: string | null;
  readonly to: string;
  readonly since: string;
  readonly blockers?: NonNullable<UnitStatus['upgrade']>['blockers'];
  /** There while it waits as the unit is busy: since when, and until when at most. */
  readonly postponed?: NonNullable<UnitStatus['upgrade']>['postponed'];
}
