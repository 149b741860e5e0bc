import { join } from 'node:path';
import { isHookFailure } from '../../hooks/errors.js';
import { removeRun } from '../../hooks/process/run-directory.js';
import { pause } from '../../state/platform/clock.js';
import { HookRetryEnded, NoProgress } from '../contract/errors.js';
import { sentence } from '../contract/log.js';
import { askFormula, type AskedUnit, isQuestion, runBusyCheck } from './ask-formula.js';
import { type CommittingUnit, commitUpgrade } from './commit-upgrade.js';
import { type InstallingUnit, installFormula } from './install-formula.js';
import { NotPrepared, type UnitOperations } from '../contract/operations.js';
import { fetchFormula, type PreparingUnit, stageWanted, untilHealed } from './prepare-upgrade.js';
import { fateOfData, type RemovedUnit, removeUnitHere } from './remove-unit.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { UnitCommands } from '../hook-runs/commands.js';
import type { UnitRelations } from '../relation/unit-relations.js';
import type { Parting } from './parting.js';
import {
  gatherAfterHook,
  pauseForUpgrade,
  resumeAfterUpgrade,
  runUpgradeHook,
  swapFormula,
  turnBackWithOthers,
  type UpgradingUnit,
} from './upgrade.js';
import { configDigest, type PresentConfig } from '../contract/present-config.js';
import { adviseOnFailure } from '../contract/failure-advice.js';
import { runWorkflowHook } from '../hook-runs/workflow-hook.js';

/** The unit on which its machine acts: each operation takes of it what it needs. */
export type OperatedUnit = HookHost &
  AskedUnit &
  CommittingUnit &
  InstallingUnit &
  PreparingUnit &
  RemovedUnit &
  UpgradingUnit & {
    readonly commands: Pick<UnitCommands, 'runNext'>;
    readonly parting: Pick<Parting, 'next'>;
    readonly relations: Pick<UnitRelations, 'leaveAll' | 'runNext'>;
    presentConfig(): PresentConfig;
    /** Looks again at everything that may ask something of the unit. */
    look(): void;
  };

/** Milliseconds. */
const LOOK_AGAIN = 5_000;

/** The operations of one unit, as its machine invokes them. What each acts on is in the journal before it acts. */
export function unitOperations(unit: OperatedUnit): UnitOperations {
  /** An installation or a preparation that was abandoned may still be writing to the disk. */
  let installing: Promise<void> = Promise.resolve();
  let staging: Promise<void> = Promise.resolve();

  /** The unit may have been busy with what ended. */
  const ended = (): void => {
    unit.postponement.somethingEnded();
    unit.look();
  };

  /** Does a step before an upgrade goes ahead, which is due again if it fails. */
  const beside = async (failure: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (unit.isStopped()) return;
      // None of a hook, which is dealt with: something outside, or a bug, either of which must not spin.
      unit.parts.log.error(failure, { unit: unit.name, error });
      unit.troubledBy(error);
      await pause(unit.parts.clock, LOOK_AGAIN);
    } finally {
      unit.look();
    }
  };

  return {
    journalled() {
      const { state, since, upgrade, hook, formula, boot } = unit.record();
      return {
        state,
        step: upgrade?.step,
        resumeIn: upgrade?.resumeIn ?? 'configuring',
        relationHookRuns: hook?.relation !== undefined,
        commandRuns: hook?.command !== undefined,
        questionRuns: isQuestion(hook),
        verdict: unit.lockstep.verdict(),
        upgradingTo: upgrade?.to.id,
        upgradeAsked: upgrade?.asked,
        since,
        rebooted: boot !== unit.parts.boot,
        installed: formula !== null,
      };
    },

    // Adopting a hook shows how it ended.
    takeUp: () => (unit.record().hook === null ? unit.takeUp() : undefined),

    async install(signal) {
      await unit.enter('installing');
      installing = installFormula(unit, signal);
      await installing;
      await noteConfig(unit, 'install');
      await runWorkflowHook(unit, 'install');
    },

    async start() {
      const again = unit.record().state === 'started';
      unit.noteState('starting', again ? { done: ['config-changed'] } : {});
      await configure(unit);
      await runWorkflowHook(unit, 'start');
    },

    async configure() {
      unit.noteState('configuring');
      await configure(unit);
    },

    // Looked at once more: what was due may be gone without a write, and what is wanted must not be taken from before.
    runCommand: () => unit.commands.runNext().finally(ended),
    relate: () => unit.relations.runNext().finally(ended),
    fetch: (signal) => fetchFormula(unit, signal),
    stage(signal) {
      // The endpoints that the formula lacks are known by then.
      staging = stageWanted(unit, signal).finally(() => unit.look());
      return staging;
    },
    part: () => beside('relations cannot be left', () => unit.parting.next()),
    ask: () => beside('the formula cannot be asked', () => askFormula(unit)),
    async pause(prepared) {
      let ahead = false;
      if (prepared !== undefined)
        await untilHealed(unit, async () => {
          ahead = await pauseForUpgrade(unit, prepared, () => runBusyCheck(unit));
        });
      if (!ahead) throw new NotPrepared();
    },
    swap: () => untilHealed(unit, () => swapFormula(unit)),
    upgradeHook: () => runUpgradeHook(unit),
    gather: () => gatherAfterHook(unit),
    turnBack: () => turnBackWithOthers(unit),
    commit: () => untilHealed(unit, () => commitUpgrade(unit)),
    resume: () => untilHealed(unit, () => resumeAfterUpgrade(unit)),

    async stop() {
      await unit.enter('stopping', fateOfData(unit));
      await unit.relations.leaveAll();
      if (unit.record().formula !== null) await runWorkflowHook(unit, 'stop');
    },

    async remove() {
      await unit.enter('stopped', fateOfData(unit));
      await Promise.allSettled([installing, staging]);
      await removeUnitHere(unit);
    },

    async settle(state, failure) {
      if (unit.record().state === state) return;
      if (failure !== undefined) unit.parts.log.error(sentence(failure), { unit: unit.name });
      const { hook, state: before, upgrade } = unit.record();
      const { upgrade: wanted } = unit.intent();
      await unit.enter(state, {
        // An operator who forces an upgrade from here on asks for one more try.
        ...(state === 'upgrade-error' &&
          upgrade !== null &&
          wanted?.to === upgrade.to.id && { upgrade: { ...upgrade, asked: wanted.asked } }),
        ...(failure === undefined
          ? { error: null, brief: null, next: null }
          : adviseOnFailure(failure, unit.name)),
        hookFailed: isHookFailure(failure) || failure instanceof HookRetryEnded || undefined,
        // Only a config that comes after this tries again what ended agents: else the breaker would break nothing.
        ...(failure instanceof NoProgress && { failedConfig: unit.presentConfig().digest ?? null }),
        // An operator took its start as done.
        ...(before === 'start-error' && state === 'started' && { boot: unit.parts.boot }),
      });
      if (hook !== null) await removeRun(join(unit.parts.directory.runs, hook.id));
    },
  };
}

/**
 * Runs `config-changed` for the config that holds when it starts. Which that is, is noted before: a change that comes
 * while it runs makes it run again, also where another agent sees it end; and where it fails and an operator takes it
 * as done, it is not run again for the same config. All of it is in the journal with the hook's start; where there is no
 * hook, nothing was done that a restart would have to know.
 */
async function configure(unit: OperatedUnit): Promise<void> {
  await noteConfig(unit, 'config-changed');
  await runWorkflowHook(unit, 'config-changed');
}

/** Before the hook begins: another config than it sees is tried by itself, where it fails. */
async function noteConfig(unit: OperatedUnit, name: 'install' | 'config-changed'): Promise<void> {
  const { hook, done } = unit.record();
  const begun = hook?.name === name || done.includes(name);
  if (!begun) unit.note({ configDigest: configDigest(await unit.config()) });
}
