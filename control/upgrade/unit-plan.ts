import type { NamedUnit } from '../../state/model/units.js';
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
}

/**
 * Decides which units to flag for `target`: those that need the upgrade, also when an earlier one left them behind,
 * and those that have installed nothing yet. The latter may just be installing the formula of before; where they take
 * the new one, the agent finds the flag spent.
 * @param force also units that went back from it
 * @param only the units the operator named; undefined for all
 */
export function planUnits(
  units: readonly NamedUnit[],
  target: string,
  only: readonly string[] | undefined,
  force: boolean,
): UnitPlan {
  const away = units.filter(({ unit }) => unit.formula === null || needsUpgrade(unit.formula, target));
  const chosen = only && new Set(only);
  const asked = away.filter(({ name }) => chosen === undefined || chosen.has(name));
  const wentBack = force ? [] : asked.filter(({ unit }) => unit.bad?.includes(target));
  const stay = new Set(wentBack);
  const going = asked.filter((unit) => !stay.has(unit));
  const isAway = new Set(away);
  const isAsked = new Set(asked);
  return {
    upgrade: going.map(({ name }) => name),
    already: units.filter((unit) => !isAway.has(unit)).map(({ name }) => name),
    wentBack: wentBack.map(({ name }) => name),
    leftOut: away.filter((unit) => !isAsked.has(unit)).map(({ name }) => name),
  };
}
