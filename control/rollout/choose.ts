import { type RolloutRules, shareOf } from '../../state/formula/rollout-parameters.js';
import { compareUnits } from '../../state/model/paths.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { isUnderWay, type Judged } from './judge.js';
import { hasLostCanary } from '../status/next-of-rollout.js';
import type { RolloutUnit } from './rollout-unit.js';

/** How many units may be taken on, and how far the first ones are. */
export interface Limits {
  /** Units that may be away from healthy at once; Infinity for all. */
  readonly maxParallel: number;
  /** Units that are, for whatever reason but that they failed. */
  readonly away: number;
  /** Units that are under way because of the rollout. */
  readonly inFlight: number;
  /** Units that may still be taken on before it pauses. */
  readonly left: number;
  /** The units of a canary by name; undefined if any may be taken. */
  readonly named: ReadonlySet<string> | undefined;
  /** Units that a canary lacks of as many as it is to have, as where one of it was removed; any others may be taken for them. */
  readonly canaryLacks: number;
  /** A canary is being tried, and not there yet. */
  readonly canaryIsOpen: boolean;
  /** A canary is being tried, and healthy. */
  readonly canaryIsThere: boolean;
  /** A canary waits for a word, and none of it is left. */
  readonly canaryIsLost: boolean;
  /** As many units as it may take on before it pauses are there, and others wait. */
  readonly waveIsThere: boolean;
}

/** True if only the first units are being tried. */
export function isCanaryPhase(rollout: Rollout, { canary }: RolloutRules): boolean {
  const has = typeof canary === 'number' ? canary > 0 : canary.length > 0;
  return has && rollout.promoted !== true && rollout.revert !== true && rollout.state !== 'done';
}

interface Canary {
  /** Of those that are tried, the ones that are named, and as many as any may be. */
  readonly named: ReadonlySet<string> | undefined;
  readonly tried: readonly Judged[];
  /** How many more it is to have. */
  readonly lacks: number;
}

/**
 * The units of a canary. A named one that is not there any more is replaced by any other, as one of so many is: a canary never
 * gets smaller unseen.
 */
function canaryOf(
  { canary }: RolloutRules,
  units: readonly Judged[],
  counted: readonly Judged[],
  taken: readonly Judged[],
): Canary {
  if (typeof canary === 'number')
    return {
      named: undefined,
      tried: taken,
      lacks: Math.max(0, Math.min(canary, counted.length) - taken.length),
    };
  const named = new Set(canary);
  const own = counted.filter(({ unit }) => named.has(unit.name));
  const others = taken.filter(({ unit }) => !named.has(unit.name));
  const gone = named.size - units.filter(({ unit }) => named.has(unit.name)).length;
  const wanted = Math.min(gone, counted.length - own.length);
  return {
    named,
    tried: [...own, ...(wanted > 0 ? others : [])],
    lacks: Math.max(0, wanted - others.length),
  };
}

export function limitsOf(rollout: Rollout, rules: RolloutRules, units: readonly Judged[]): Limits {
  const counted = units.filter(({ standing }) => standing !== 'coming' && standing !== 'unreadable');
  const maxParallel = rules.strategy !== 'rolling' ? Infinity : shareOf(rules.maxParallel, counted.length, 1);
  const taken = counted.filter(isTaken);
  // Those that may fail hold nobody's place; where more do, nobody is asked.
  const away = counted.filter((judged) => judged.away && judged.standing !== 'failed').length;
  const inFlight = taken.filter(({ standing }) => standing === 'asked' || standing === 'settling').length;
  const inCanary = isCanaryPhase(rollout, rules);
  const { named, tried, lacks } = canaryOf(rules, units, counted, taken);
  const canaryIsThere = inCanary && lacks === 0 && tried.every(({ standing }) => standing === 'there');
  const allowed = rollout.revert === true || inCanary ? undefined : rollout.allowed;
  const left =
    inCanary && named === undefined ? lacks : (allowed ?? Infinity) - (inCanary ? 0 : taken.length);
  const waits = counted.some(({ standing }) => standing === 'waiting');
  return {
    maxParallel,
    away,
    inFlight,
    left: Math.max(0, left),
    named: inCanary ? named : undefined,
    canaryLacks: inCanary ? lacks : 0,
    canaryIsOpen: inCanary && !canaryIsThere,
    canaryIsThere,
    canaryIsLost:
      rollout.state === 'paused' &&
      rollout.gate === 'canary' &&
      hasLostCanary(
        rollout,
        units.map(({ unit }) => unit),
      ),
    waveIsThere:
      allowed !== undefined &&
      rollout.state === 'running' &&
      taken.length >= allowed &&
      waits &&
      taken.every(({ standing }) => standing === 'there' || standing === 'failed'),
  };
}

/** The rollout, or one before it, has taken the unit to the formula, or tries to. */
function isTaken({ standing }: Judged): boolean {
  return TAKEN.has(standing);
}

const TAKEN: ReadonlySet<Judged['standing']> = new Set(['there', 'absent', 'settling', 'asked', 'failed']);

/** How many units a rollout may have taken on when it goes on to its next wave. */
export function nextWave(rules: RolloutRules, units: readonly Judged[]): number {
  return units.filter(isTaken).length + wholeWave(rules, units);
}

/** How many units are taken on together. */
export function wholeWave(rules: RolloutRules, units: readonly Judged[]): number {
  const counted = units.filter(({ standing }) => standing !== 'coming' && standing !== 'unreadable');
  return rules.strategy !== 'rolling' ? counted.length : shareOf(rules.maxParallel, counted.length, 1);
}

/**
 * Which units are asked next. The highest number goes first, and comes back last.
 *
 * Two limits hold of a unit that is healthy: with it, no more are away than may be, whatever took the others away; and no
 * more are under way. The second holds of all, so that many in errors do not go at once either. One whose agent is away is
 * not asked: it would go the moment when its agent returns, with all others of its machine.
 */
export function chooseUnits(
  rollout: Rollout,
  { strategy }: RolloutRules,
  units: readonly Judged[],
  { maxParallel, away, inFlight, left, named, canaryLacks }: Limits,
): readonly RolloutUnit[] {
  let [free, room] = [maxParallel - away, Math.min(left, maxParallel - inFlight)];
  let others = named === undefined ? Infinity : canaryLacks;
  if (room <= 0) return [];
  const goesBack = rollout.revert === true;
  const goal = goalOf(rollout);
  const candidates = units
    .filter(
      ({ standing, unit }) =>
        standing === 'waiting' ||
        // Its agent would take the flag off one that stands on the goal, for ever anew.
        (strategy === 'all' &&
          standing === 'ill' &&
          unit.formula !== goal &&
          unit.flag?.rollout !== rollout.id),
    )
    .filter(({ unit }) => strategy === 'all' || unit.agentUp)
    .filter(({ unit }) => goesBack || !isUnderWay(unit) || isErrorState(unit.state))
    // Without room for one that is healthy, only those matter that are not.
    .filter((each) => free > 0 || each.away)
    .sort((a, b) => (goesBack ? 1 : -1) * compareUnits(a.unit.name, b.unit.name));
  // Those that are away already first: they take no healthy one from the others.
  const inOrder = [...candidates.filter((each) => each.away), ...candidates.filter((each) => !each.away)];
  const chosen: RolloutUnit[] = [];
  for (const each of inOrder) {
    if (room <= 0) break;
    const isNamed = named?.has(each.unit.name) === true;
    if (!isNamed && others <= 0) continue;
    if (!each.away) {
      if (free <= 0) break;
      free -= 1;
    }
    room -= 1;
    if (!isNamed) others -= 1;
    chosen.push(each.unit);
  }
  return chosen;
}
