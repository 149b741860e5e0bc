import { type HoldQuestion, type HeldUnit, sortHeld } from '../hold/held-back.js';
import type { Hold } from '../../state/model/hold.js';
import type { NamedUnit } from '../../state/model/units.js';
import { candidateKeyOf } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { needsUpgrade } from '../../state/model/upgradable.js';

/** Which units of a service an upgrade concerns, each list in the units' order. */
export interface UnitPlan {
  /** To be flagged. */
  readonly upgrade: readonly string[];
  /** On the formula already. */
  readonly already: readonly string[];
  /** Went back from the formula, and are not to take it again by themselves. */
  readonly wentBack: readonly string[];
  /** Not on the formula, and not asked for by `--unit`. */
  readonly leftOut: readonly string[];
  /** Try a candidate of a later revision, and are not asked for by `--unit`; only where there are such. */
  readonly trying?: readonly string[];
  /** Somebody holds them. */
  readonly held: readonly HeldUnit[];
  /** To be flagged although somebody holds them, by force. */
  readonly overridden: readonly HeldUnit[];
}

/**
 * Decides which units to flag for `target`: those that need the upgrade, also when an earlier one left them behind,
 * and those that have installed nothing yet. The latter may just be installing the formula of before; where they take
 * the new one, the agent finds the flag spent.
 * @param asked `force`: also units that went back from it, or are held; `named`: those of the operator, undefined for all
 * @param holds those that stand on the service and its units
 * @throws UpgradeHeld where one that was named is held, and it is not by force
 */
export function planUnits(
  units: readonly NamedUnit[],
  target: string,
  asked: Omit<HoldQuestion, 'now'>,
  holds: readonly Hold[],
): UnitPlan {
  const { named: only, force } = asked;
  const away = units.filter(({ unit }) => unit.formula === null || needsUpgrade(unit.formula, target));
  const chosen = only && new Set(only);
  // A rollout goes forward alone.
  const trying = chosen === undefined ? away.filter(({ unit }) => triesLater(unit.formula, target)) : [];
  const isTrying = new Set(trying);
  const wanted = away.filter(
    (unit) => !isTrying.has(unit) && (chosen === undefined || chosen.has(unit.name)),
  );
  const wentBack = force ? [] : wanted.filter(({ unit }) => unit.bad?.includes(target));
  const stay = new Set(wentBack);
  const going = wanted.filter((unit) => !stay.has(unit));
  const isAway = new Set(away);
  const isWanted = new Set(wanted);
  const sorted = sortHeld(
    going.map(({ name }) => name),
    holds,
    asked,
  );
  return {
    upgrade: sorted.going,
    already: units.filter((unit) => !isAway.has(unit)).map(({ name }) => name),
    wentBack: wentBack.map(({ name }) => name),
    leftOut: away.filter((unit) => !isWanted.has(unit) && !isTrying.has(unit)).map(({ name }) => name),
    ...(trying.length > 0 && { trying: trying.map(({ name }) => name) }),
    held: sorted.held,
    overridden: sorted.overridden,
  };
}

function triesLater(formula: string | null, target: string): boolean {
  if (formula === null || candidateKeyOf(formula) === undefined) return false;
  return parseFormulaId(formula).revision > parseFormulaId(target).revision;
}
