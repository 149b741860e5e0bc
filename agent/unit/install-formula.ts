import { stageFormula } from '../disk/stage.js';
import { linkFormula, makeUnitDirectory } from '../disk/unit-directory.js';
import { betweenFaults } from '../fault-points.js';
import { unlessAborted } from '../retry.js';
import { knownService } from '../tree/services.js';
import { whileItMayHeal } from './prepare-upgrade.js';
import type { AgentUnit } from './unit.js';

/**
 * Puts the formula in place that the service points at when the unit first gets that far. A later one is an upgrade,
 * so that what `install` ran with is what the unit has; but as long as one cannot be had, the next may be the way out.
 *
 * It is abandoned by `signal` only where it waits for others: what it does on the disk is done to its end.
 */
export async function installFormula(unit: AgentUnit, signal: AbortSignal): Promise<void> {
  const { formulas, services } = unit.parts;
  if (unit.record().formula === null) {
    await whileItMayHeal(unit, signal, async () => {
      const { service } = await unlessAborted(knownService(services, unit.record().service), signal);
      const { ref, bundle } = await betweenFaults('installing.fetch', () =>
        unlessAborted(formulas.fetch(service.formula), signal),
      );
      await makeUnitDirectory(unit.directory);
      await betweenFaults('installing.extract', () =>
        stageFormula(unit.directory, ref, bundle, unit.parts.leftovers),
      );
      await betweenFaults('installing.link', () => linkFormula(unit.directory, ref));
      signal.throwIfAborted();
      await unit.save({ formula: ref });
    });
  }
  await unit.inPlace.load();
}
