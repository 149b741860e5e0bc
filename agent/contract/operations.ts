import type { UpgradeStep, WorkflowState } from '../../state/model/workflow-state.js';

/** The formula id a unit is to go to, and how. @see flagSchema */
export interface WantedFormula {
  readonly to: string;
  /** From an error state too. */
  readonly force: boolean;
  readonly revert: boolean;
  readonly revertOnError: boolean;
  /** Also while the unit is busy. */
  readonly whileBusy?: true;
  /** The passage in which it goes together with the others of its service. @see passageOf */
  readonly lockstep?: string;
  /** The flag's version: a higher one is somebody who asked again. */
  readonly asked?: number;
  /** When the error began that it goes over: one that is written anew after it was taken off has no higher version. */
  readonly over?: string;
}

/** Everything that is wanted of a unit at one moment. */
export interface Intent {
  readonly removal: boolean;
  /** The config its hooks last saw is not the one that holds now. */
  readonly configure: boolean;
  /** The unit is in error, and the config that holds now is not the one that it is in error for. */
  readonly reconfigure: boolean;
  /** How an operator resolved the unit's error, while that has not been honoured. */
  readonly resolved: 'retry' | 'done' | undefined;
  /** The formula id to go to; `force`: from an error state too. */
  readonly upgrade: WantedFormula | undefined;
  /**
   * Of the relations that the formula to go to lacks: `due`: a step of leaving them is to be done; `waits`: their last
   * nodes are being removed, or a hook of theirs failed and waits for an operator; `nothing`: none is left.
   */
  readonly leave: 'nothing' | 'due' | 'waits';
  /** The upgrade has to wait, as the unit is busy. */
  readonly postponed: boolean;
  /** Before the upgrade goes ahead, the formula in place is to be asked by a hook. */
  readonly asks: boolean;
  /** The formula in place is to be asked about the upgrade of a related unit, by a hook. */
  readonly asksForOther: boolean;
  /** The formula in place is to be asked for the unit's health, by a hook. */
  readonly checksHealth: boolean;
  /** The upgrade has to wait for the others of its service. */
  readonly gated: boolean;
  /** In lockstep, what comes of the upgrade whose hook is through; undefined while that is not known. */
  readonly verdict: 'resume' | 'back' | undefined;
  /** After a reboot, the upgrade goes before `start`. */
  readonly upgradesFirst: boolean;
  /** A relation hook is due. */
  readonly relate: boolean;
  /** An operator's command is due. */
  readonly run: boolean;
}

/** The unit's place as the journal has it. */
export interface Journalled {
  readonly state: WorkflowState;
  /** The step of the upgrade under way, from the point on from which there is no way but forward. */
  readonly step: UpgradeStep | undefined;
  /** A relation hook was started and its end has not been dealt with. */
  readonly relationHookRuns: boolean;
  /** An operator's command was started and its end has not been dealt with. */
  readonly commandRuns: boolean;
  /** The same of a hook by which the formula is asked about an upgrade. */
  readonly questionRuns: boolean;
  /** Where the workflow goes on when the upgrade is through. */
  readonly resumeIn: 'installing' | 'starting' | 'configuring';
  /** What comes of the upgrade whose hook is through, also out of lockstep; undefined while it waits for the others. */
  readonly verdict: Intent['verdict'];
  /** The formula id the upgrade under way leads to, or the failed one led to. */
  readonly upgradingTo: string | undefined;
  /** The flag's version of that upgrade, when the unit came to rest in its error or set out; undefined where not known. */
  readonly upgradeAsked: number | undefined;
  /** When the unit entered its state, an ISO instant. */
  readonly since: string;
  /** The machine was rebooted since the unit's `start` ran, so what that started is gone. */
  readonly rebooted: boolean;
  /** A formula is in place. */
  readonly installed: boolean;
}

/** An upgrade that was about to go ahead must be prepared once more; the unit goes on as it is. No error of anybody. */
export class NotPrepared extends Error {}

/**
 * The operations that the unit's machine invokes. Each journals its state or step before it acts, can be done twice,
 * and waits by itself for anything that may heal (storage, coordinator, disk). An error that it throws puts the unit
 * in an error state.
 */
export interface UnitOperations {
  /** Read synchronously, by guards, to restore the machine where the journal left it. */
  journalled(): Journalled;
  /** Goes before each operation of the workflow, and is something only after a death. @throws NoProgress where it is repeated without getting anywhere */
  takeUp(): Promise<void> | undefined;
  /** Puts the service's formula in place and runs `install`. */
  install(signal: AbortSignal): Promise<void>;
  /** Runs `config-changed` and `start`; after a reboot of the machine `start` alone. */
  start(): Promise<void>;
  /** Runs `config-changed`. */
  configure(): Promise<void>;
  /** Runs the relation hook that is due; a failure is the relation's and not the unit's. */
  relate(): Promise<void>;
  /** Runs the operator's command that is due; never rejects. */
  runCommand(): Promise<void>;
  /** Brings the wanted formula's bundle to this machine, verified. */
  fetch(signal: AbortSignal): Promise<void>;
  /** Extracts it beside the running formula. */
  stage(signal: AbortSignal): Promise<void>;
  /** Does a step of leaving the relations that the wanted formula lacks, with the hooks of the one in place; never rejects. */
  part(): Promise<void>;
  /** Asks the formula in place about the wanted upgrade, or for the unit's health, by the hook that is due; never rejects. */
  ask(): Promise<void>;
  /**
   * Journals that the upgrade goes ahead, to what was prepared.
   * @throws NotPrepared where that is not on the disk, or nobody wants an upgrade any more
   */
  pause(prepared: WantedFormula | undefined): Promise<void>;
  /** Renames the formula link. */
  swap(): Promise<void>;
  /**
   * Runs `upgrade-formula` of the new formula, or `revert-formula` of the old one. Where a failure is to turn the unit
   * back, it journals that, and `swapping` is next once more.
   */
  upgradeHook(): Promise<void>;
  /** Journals in lockstep that the hook is through, before the unit waits for the others. */
  gather(): Promise<void>;
  /** Journals that the upgrade goes back, as the others do; `swapping` is next. */
  turnBack(): Promise<void>;
  /** One transaction: flag off, formula and status on. */
  commit(): Promise<void>;
  /** Journals that it is through, and puts aside what it left behind. */
  resume(): Promise<void>;
  /** Leaves all relations and runs `stop`. */
  stop(): Promise<void>;
  /** Removes the unit from the machine and from the tree. */
  remove(): Promise<void>;
  /** Journals that the workflow has come to rest, with the failure that brought it there. */
  settle(state: WorkflowState, failure: unknown): Promise<void>;
}
