import type { ConfigValue } from '../../state/formula/config-types.js';
import type { Port } from './port.js';
import type { RelationInfo, RelationSettings } from './relation.js';
import type { SavedHookContext } from './saved.js';
import type { UpgradeWord } from './pending-upgrade.js';

export const logLevels = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * The states that a formula may give its workload. The unit's workflow state is another thing, and the agent's to
 * say.
 */
export const workloadStates = ['maintenance', 'blocked', 'waiting', 'active'] as const;
export type WorkloadState = (typeof workloadStates)[number];

/**
 * The agent's side of one unit: what a hook may read and do. `hooks` knows neither the coordinator nor the journal:
 * this is all it sees of them.
 */
export interface HookContextSource {
  /** Its name, e.g. `mysql/0`. */
  readonly unit: string;
  /** The unit's options by name: what was set, or else the default of the formula the unit runs. */
  config(): Promise<Readonly<Record<string, ConfigValue>>>;
  address(kind: 'private' | 'public'): string | Promise<string>;
  /** The ports open before the hook. */
  ports(): readonly Port[] | Promise<readonly Port[]>;
  /** Every relation the unit is in. */
  relations(): readonly RelationInfo[];
  /** The other units that are in the relation of this id now. */
  members(relation: string): readonly string[] | Promise<readonly string[]>;
  /**
   * A unit's settings in the relation of this id, this unit's included, as they are or as they were when it left;
   * undefined if nothing is known of it.
   */
  settings(relation: string, unit: string): Promise<RelationSettings | undefined>;
  /** This unit's own settings as they are now; its next write in the relation is merged over them. */
  written(relation: string): Promise<RelationSettings>;
  /**
   * The unit's word on the upgrade of this unit; by default the one that the run's hook is about, or else its own. Takes effect at
   * once. A hook `upgrade-pending` that fails holds, whatever it said.
   */
  upgrade(of?: string): UpgradeWord;
  /** Takes effect at once, whatever becomes of the hook. */
  log(level: LogLevel, message: string): void | Promise<void>;
  /** Takes effect at once, whatever becomes of the hook. */
  status(message: string, state?: WorkloadState): void | Promise<void>;
  /**
   * Keeps the context for the next agent (in the journal). Called before the answer that rests on it is given, so
   * that a hook which outlives this agent goes on seeing what it saw and loses none of its writes. Calls may overlap;
   * the last one counts. Rejects where it cannot be kept: the tool then fails and nothing comes of its call.
   */
  keep(saved: SavedHookContext): Promise<void>;
}
