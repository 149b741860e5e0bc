import { unlessAborted } from '../../state/platform/unless-aborted.js';
import { lifeOfDirectory, makeUnitDirectory, type UnitDirectory } from '../disk/unit-directory.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { saidWhile } from '../contract/said-while.js';
import { knownService, waitsForService } from '../tree/services.js';
import { type HealingUnit, whileItMayHeal } from './prepare-upgrade.js';
import type { Uses } from '../machine/parts.js';
import type { RecordedUnit } from './recorded-unit.js';

/** A unit that is installed. */
export type InstallingUnit = RecordedUnit &
  HealingUnit &
  Uses<'formulas' | 'kept' | 'log' | 'services' | 'staging'> & {
    readonly directory: UnitDirectory;
    /** Looks up the config and hooks of the formula in place. */
    readonly inPlace: { load(): Promise<void> };
    readonly asked: { next(): Promise<void> };
  };

/** Takes the unit's directory. One that another life of its name left there is put aside, with its data. */
async function claimUnitDirectory(unit: InstallingUnit): Promise<void> {
  const { name, directory, parts } = unit;
  const { incarnation } = unit.record();
  const left = lifeOfDirectory(directory);
  if (left !== undefined && incarnation !== undefined && left !== incarnation) {
    const at = parts.clock.now();
    const aside = await parts.kept.putAside(directory.root, {
      unit: name,
      incarnation: left,
      at,
      forGood: true,
    });
    if (aside !== undefined)
      parts.log.warning(
        `another life of the unit left its directory, which is put aside: ${aside.directory}`,
        {
          unit: name,
        },
      );
  }
  makeUnitDirectory(directory, incarnation);
}

/**
 * Puts the formula in place that the service points at when the unit first gets that far. A later one is an upgrade,
 * so that what `install` ran with is what the unit has; but as long as one cannot be had, the next may be the way out.
 *
 * It is abandoned by `signal` only where it waits for others: what it does on the disk is done to its end.
 */
export async function installFormula(unit: InstallingUnit, signal: AbortSignal): Promise<void> {
  const { formulas, services, staging } = unit.parts;
  if (unit.record().formula === null) {
    const attempt = async (): Promise<void> => {
      const { service: name } = unit.record();
      const { service } = await saidWhile(
        unit,
        () => waitsForService(name),
        unlessAborted(knownService(services, name), signal),
      );
      const { ref: wanted } = await unlessAborted(
        formulas.findAnew(service.startWith ?? service.formula),
        signal,
      );
      const { ref, bundle } = await betweenFaults('installing.fetch', () =>
        unlessAborted(formulas.fetch(wanted.id, wanted.sha256), signal),
      );
      await claimUnitDirectory(unit);
      await betweenFaults('installing.extract', () => staging.stage(unit.directory, ref, bundle));
      await betweenFaults('installing.link', () => staging.link(unit.directory, ref));
      signal.throwIfAborted();
      const { incarnation: serviceIncarnation } = service;
      await unit.save({ formula: ref, ...(serviceIncarnation !== undefined && { serviceIncarnation }) });
    };
    // Who publishes the formula again asks for an upgrade: until the next try a minute may be left.
    await whileItMayHeal(unit, signal, attempt, () => unit.asked.next());
  }
  await unit.inPlace.load();
}
