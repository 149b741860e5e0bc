import type { PendingUpgrade, UpgradeWord } from '../../hooks/context/pending-upgrade.js';
import type { RunningHook } from '../../hooks/process/hook-run.js';
import type { ConfigValue } from '../../state/formula/config-types.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import type { DebugRequest } from '../../state/model/debugging.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import type { HookRetry, UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { Uses } from '../machine/parts.js';
import type { WaitEnd } from './await-retry.js';

/** The parts of the agent that a hook's run touches, and what its tools answer from. */
export type HookParts =
  | 'addresses'
  | 'boot'
  | 'clock'
  | 'contexts'
  | 'coordinator'
  | 'directory'
  | 'gate'
  | 'hookKillDelay'
  | 'hookTimeLimit'
  | 'launcher'
  | 'leftovers'
  | 'log'
  | 'logs'
  | 'meetings'
  | 'random'
  | 'relations'
  | 'slots'
  | 'writer';

/** What running a hook needs of its unit. */
export interface HookHost extends Uses<HookParts> {
  readonly name: string;
  readonly directory: UnitDirectory;
  /** The versions of the settings that this agent wrote last for the unit, by path: what is observed may be older. */
  readonly writtenSettings: Map<string, number>;
  /** What the unit says to an upgrade that is wanted of it. */
  readonly word: UpgradeWord;
  /** The same to the upgrades of units that it is related to. */
  readonly others: { word(about: string): UpgradeWord };
  record(): UnitRecord;
  /** Changes the unit's record, to be journalled with the next `save`. */
  note(change: Partial<UnitRecord>): void;
  /** Journals changes of the unit's record and, in the same write, of one of its relations. */
  save(change: Partial<UnitRecord>, relation?: RelationRecord): Promise<void>;
  config(): Promise<Readonly<Record<string, ConfigValue>>>;
  /** How the formula in place wants a hook to be run. */
  hookRules(hook: string): Promise<HookRules>;
  /** Waits until a hook that failed is to run again, or an operator wants something else. @see RetryWait.wait */
  awaitRetry(retry: HookRetry, longest: number): Promise<WaitEnd>;
  /**
   * Sees that the formula, and this hook if it has one, is on the disk.
   * @returns whether it is to be run @see mendFormula
   */
  mendFormula(hook: string): Promise<boolean>;
  /** All relations the unit is in. */
  relationRecords(): readonly RelationRecord[];
  /** Who debugs the unit's hooks, if anybody does. */
  debugRequest(): DebugRequest | undefined;
  /** @see UnitOperations.takeUp */
  takeUp(): Promise<void> | undefined;
  /** Tells observers what the unit waits for, or that it goes on. */
  troubledBy(error: unknown): void;
  /** True if this agent has let go of the unit. */
  isStopped(): boolean;
  /** Registers a hook that runs, to be left behind when the agent stops. @returns what forgets it */
  running(hook: RunningHook): () => void;
}

/** Which hook is to run, in which context, and what the journal notes when it is through. */
export interface HookCall {
  readonly name: string;
  /** For an upgrade hook: formula ids. */
  readonly upgrade?: { readonly from: string; readonly to: string };
  /** Of `upgrade-pending`, beside `upgrade`. */
  readonly pending?: Omit<PendingUpgrade, 'from' | 'to'>;
  /** Of `upgrade-pending`: the related unit's upgrade that it is about. */
  readonly about?: NonNullable<NonNullable<UnitRecord['hook']>['about']>;
  /** The relation of a relation hook. */
  readonly relation?: RelationCall;
  /** An operator's command, run in the place of the hook. Killed, it is not run again. */
  readonly command?: CommandCall;
  /** Milliseconds that it may take where its formula does not say; as the agent says, without it. */
  readonly timeLimit?: number;
  /** It runs again and again: the agent's log does not tell of each run. */
  readonly isQuiet?: true;
  /** Gives the slot back that was taken for it before it was called; without it, its run takes one. */
  readonly giveBack?: () => void;
  /** Of a relation hook: the attempts at it are the relation's, and not those at the hook the unit's state is about. */
  readonly attempts?: {
    get(): number;
    /** @returns the relation's record, to be journalled */
    set(count: number): RelationRecord;
    /** Puts the next attempt off: meanwhile the unit goes on with others. @returns the same */
    putOff(retry: HookRetry): RelationRecord;
  };
  /** Noted in the same write as the end of the hook, so that what it stands for is never done twice. */
  through(): { readonly change?: Partial<UnitRecord>; readonly relation?: RelationRecord };
}

export type CommandCall = NonNullable<NonNullable<UnitRecord['hook']>['command']>;

export interface RelationCall {
  /** The relation's number in the tree. */
  readonly number: string;
  /** As the hook sees it, e.g. `db:4`. */
  readonly id: string;
  readonly name: string;
  /** As of the event. */
  readonly members: readonly string[];
  readonly remoteUnit?: string;
  /** In `broken` nobody is there and nothing can be set. */
  readonly broken: boolean;
}
