import { EnsembleError } from '../../state/platform/errors.js';
import { FormulaInvalid } from '../../state/formula/errors.js';
import { unlessAborted } from '../../state/platform/unless-aborted.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { FormulaRef } from '../journal/record.js';
import { unlessRepeated, untilItWorks } from '../contract/retry.js';
import { requireDirectory } from '../hook-runs/missing-directory.js';
import type { WantedFormula, Intent } from '../contract/operations.js';
import { gotThrough, takeUp, type UnitTakenUp } from './loop-breaker.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import type { Uses } from '../machine/parts.js';
import type { RecordedUnit } from './recorded-unit.js';
import { askedAgainBy, type whyWaiting } from '../contract/failure-advice.js';

/** A unit whose operation tries until it works, and says what it waits for. */
export interface HealingUnit extends Uses<'clock' | 'random'> {
  /** Tells observers what the unit waits for, or with nothing that it goes on. */
  troubledBy(error: unknown, say?: typeof whyWaiting): void;
}

/** A unit on whose disk a formula is put. */
export interface StagingUnit extends Pick<RecordedUnit, 'name' | 'record'>, Uses<'formulas' | 'staging'> {
  readonly directory: UnitDirectory;
}

/** A unit for which an upgrade is prepared. */
export type PreparingUnit = StagingUnit & HealingUnit & UnitTakenUp & { intent(): Pick<Intent, 'upgrade'> };

/**
 * Brings the wanted formula's bundle to this machine, verified, while the unit goes on undisturbed. What fails is
 * tried again with back-off for as long as the formula is wanted, and said in the unit's status.
 */
export async function fetchFormula(unit: PreparingUnit, signal: AbortSignal): Promise<void> {
  const { upgrade } = unit.intent();
  if (upgrade === undefined) return;
  await whilePreparing(unit, upgrade, signal, async () => {
    // The id may stand for another content than when a unit here had it before.
    const { ref } = await unlessAborted(unit.parts.formulas.findAnew(upgrade.to), signal);
    // A formula that the unit kept is there already, so going back needs no storage.
    if (unit.parts.staging.isStaged(unit.directory, ref)) return;
    await betweenFaults('fetching.fetch', () => unlessAborted(unit.parts.formulas.fetch(upgrade.to), signal));
  });
}

/** Extracts it beside the running formula. */
export async function stageWanted(unit: PreparingUnit, signal: AbortSignal): Promise<void> {
  const { upgrade } = unit.intent();
  if (upgrade === undefined) return;
  await whilePreparing(unit, upgrade, signal, async () => {
    const { ref } = await unit.parts.formulas.find(upgrade.to);
    if (!unit.parts.staging.isStaged(unit.directory, ref)) await fetchAndStage(unit, ref);
  });
  await gotThrough(unit, 'preparation');
}

/** Puts a formula of this very content on the unit's disk, from this machine's cache or from the storage. */
export async function fetchAndStage(unit: StagingUnit, { id, sha256 }: FormulaRef): Promise<void> {
  requireDirectory(unit);
  const { ref, bundle } = await unit.parts.formulas.fetch(id, sha256);
  await betweenFaults('staging.extract', () => unit.parts.staging.stage(unit.directory, ref, bundle));
}

/** An error that does not heal stands in the unit's status, with the command that asks once more. */
async function whilePreparing(
  unit: PreparingUnit,
  { to, asked }: WantedFormula,
  signal: AbortSignal,
  attempt: () => Promise<void>,
): Promise<void> {
  try {
    await takeUp(unit, 'preparation', `${to} ${asked}`);
    await whileItMayHeal(unit, signal, attempt);
  } catch (error) {
    if (!signal.aborted) unit.troubledBy(error, (failure, service) => askedAgainBy(failure, service, to));
    throw error;
  }
}

/**
 * Tries `attempt` until it works, telling in the unit's status what it waits for. Everything outside the unit may
 * heal: a storage that is mended, an object that is restored, a disk that gets room.
 * @param hurried as `untilItWorks` takes it
 */
export async function whileItMayHeal(
  unit: HealingUnit,
  signal: AbortSignal,
  attempt: () => Promise<void>,
  hurried?: () => Promise<void>,
): Promise<void> {
  const { clock, random } = unit.parts;
  try {
    await untilItWorks(attempt, {
      clock,
      random,
      signal,
      mayHeal: unlessRepeated((error) => !(error instanceof FormulaInvalid) && isOutside(error)),
      failed: (error) => unit.troubledBy(error),
      ...(hurried !== undefined && { hurried }),
    });
    unit.troubledBy(undefined);
  } catch (error) {
    // A preparation that was abandoned has nothing to say any more: its successor may be in trouble already.
    if (!signal.aborted) unit.troubledBy(error);
    throw error;
  }
}

/** The same for a step from which there is no way but forward. */
export function untilHealed(unit: HealingUnit, step: () => Promise<void>): Promise<void> {
  return whileItMayHeal(unit, new AbortController().signal, step);
}

/** Ensemble's own errors and the system's; anything else is a bug and must not be repeated for ever. */
function isOutside(error: unknown): boolean {
  return error instanceof EnsembleError || (error instanceof Error && 'code' in error);
}
