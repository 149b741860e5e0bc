import type { Flag } from '../../state/model/request-schemas.js';
import { needsUpgrade } from '../../state/model/upgradable.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import type { WantedFormula } from '../contract/operations.js';

/**
 * The formula the flag asks for, unless the unit has it. Going back concerns what stands on the disk, since a formula
 * whose upgrade hook failed was never committed.
 * @param serviceFormula what the service points at; undefined while that is not known
 */
export function wantedFormula(
  record: UnitRecord,
  flag: Flag | undefined,
  serviceFormula: string | undefined,
): WantedFormula | undefined {
  const to = flag && targetOf(flag, serviceFormula);
  if (flag === undefined || to === undefined) return undefined;
  const needed =
    flag.revert === true ? standsElsewhere(record, to) : needsUpgrade(committedFormula(record)?.id, to);
  if (!needed) return undefined;
  return {
    to,
    force: flag.force === true,
    revert: flag.revert === true,
    revertOnError: flag.revertOnError === true,
    // Each flag to go back is by force: so that units in an error go too.
    ...(flag.lockstep !== undefined && { lockstep: flag.lockstep }),
    ...(flag.over !== undefined && { over: flag.over }),
    ...((flag.revert === true ? flag.whileBusy === true : flag.force === true) && { whileBusy: true }),
  };
}

/** The formula id a flag leads to. */
export function targetOf(flag: Flag, serviceFormula: string | undefined): string | undefined {
  return flag.to ?? serviceFormula;
}

/** As with an upgrade, it is wanted until it is committed: one whose hook failed may be asked for again. */
function standsElsewhere({ formula, upgrade }: UnitRecord, to: string): boolean {
  const isUncommitted = upgrade !== null && upgrade.step !== 'resuming';
  return formula !== null && (formula.id !== to || isUncommitted);
}
