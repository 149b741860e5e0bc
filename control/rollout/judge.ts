import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { RolloutRules } from '../../state/formula/rollout-parameters.js';
import { gateOf } from '../../state/model/lockstep.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { RolloutUnit } from './rollout-unit.js';

/**
 * Where a unit stands towards the formula that its rollout leads to.
 *
 * `there`: it is healthy on it, for long enough. `absent`: it is on it, and its agent is away. `settling`: it is on it, and
 * not healthy yet, or not for long. `asked`: it is flagged, or on its way. `failed`: it could not, since the rollout counts.
 * `waiting`: it is not on it, and was not asked. `ill`: it is in an error that the rollout did not bring about, and that it is
 * not forced out of. `held`: somebody holds it, so it is not asked. `coming`: it has installed nothing yet. `out`: it went back from the formula, or is on a later
 * one, and is left alone.
 * `unreadable`: nobody knows.
 */
export type RolloutStanding =
  | 'there'
  | 'absent'
  | 'settling'
  | 'asked'
  | 'failed'
  | 'waiting'
  | 'ill'
  | 'held'
  | 'coming'
  | 'out'
  | 'unreadable';

export interface Judged {
  readonly unit: RolloutUnit;
  readonly standing: RolloutStanding;
  /** It is not healthy now, or is about to be taken away from being so: it counts against `max-parallel`. */
  readonly away: boolean;
  /** Milliseconds since the epoch at which time alone changes this; undefined where only an event does. */
  readonly wakeAt?: number;
  /** The reason of `failed`. */
  readonly failure?: string;
  /** When it got further last, in milliseconds since the epoch: it, its upgrade, or what that waited for. */
  readonly furtherAt: number;
}

/** What is found by where it stands. */
type Standing = Omit<Judged, 'furtherAt'>;

/** Blockers of a unit whose upgrade has not begun for which nobody is to be hurried: its health deadline stands still. */
const POSTPONING: ReadonlySet<string> = new Set(['held', 'busy']);

/** Milliseconds for which a unit shall be healthy by its health-check where nobody says how long. */
const WITH_CHECK = 10_000;

/** Milliseconds by which another clock may be ahead of this one, and be believed. */
const AHEAD = 300_000;

/**
 * Milliseconds since the epoch; NaN-proof. What a clock says that is a little ahead of this one is now: else what began this
 * moment would be as old as can be. One that is far ahead says no more than `otherwise`.
 */
export function instantOf(text: string | undefined, now: number, otherwise = 0): number {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isFinite(at) && at <= now + AHEAD ? Math.min(at, now) : otherwise;
}

/** True if it is healthy in this moment, on any formula. */
export function isHealthy({
  state,
  agentUp,
  relationsInError,
  upgrade,
  damage,
  health,
}: RolloutUnit): boolean {
  return (
    agentUp &&
    damage === undefined &&
    state === 'started' &&
    relationsInError.length === 0 &&
    health?.healthy !== false &&
    // A preparation beside the running formula disturbs nothing.
    (upgrade === undefined || isPreparing(upgrade.step))
  );
}

function isPreparing(step: string): boolean {
  return step === 'fetching' || step === 'staging' || step === 'waiting';
}

/** True if the unit is on its way, past the point where a flag could be taken back. */
export function isUnderWay({ state, upgrade }: RolloutUnit): boolean {
  return state === 'upgrading' || (upgrade !== undefined && !isPreparing(upgrade.step));
}

/** Judges one unit; a unit that leaves is no part of a rollout. */
export function judge(unit: RolloutUnit, rollout: Rollout, rules: RolloutRules, now: number): Judged {
  const { since, upgrade } = unit;
  const furtherAt = Math.max(
    instantOf(since, now),
    instantOf(upgrade?.since, now),
    instantOf(upgrade?.waitedUntil, now),
  );
  return { ...judgedBy(unit, rollout, rules, now), furtherAt };
}

function judgedBy(unit: RolloutUnit, rollout: Rollout, rules: RolloutRules, now: number): Standing {
  const goal = goalOf(rollout);
  const standing = standingTowards(unit, rollout, goal, now);
  const healthy = isHealthy(unit);
  // A flag may be taken up any moment, wherever it leads, until it is taken off.
  const isFlagged = unit.flag !== undefined && unit.flag.to !== unit.formula;
  const isUncounted = standing === 'coming' || standing === 'unreadable';
  const away = !isUncounted && (!healthy || isFlagged);
  if (standing === 'settling') return settled(unit, rollout, rules, now, healthy, isFlagged);
  if (standing === 'held') return { unit, standing, away, ...endOfHold(unit) };
  if (standing !== 'asked' || !unit.agentUp) return { unit, standing, away, ...failureOf(unit, standing) };
  return withDeadline({ unit, standing, away }, rollout, rules, now);
}

function standingTowards(unit: RolloutUnit, rollout: Rollout, goal: string, now: number): RolloutStanding {
  const { formula, state, since, flag, upgrade } = unit;
  if (unit.damage !== undefined) return 'unreadable';
  const inError = isErrorState(state);
  const counts = Date.parse(since) >= instantOf(rollout.countedFrom, now);
  if (inError && flag?.over !== since) {
    const related = upgrade === undefined ? formula === goal || flag?.to === goal : upgrade.to === goal;
    if (related && (flag?.rollout === rollout.id || counts)) return 'failed';
  }
  if (formula === null) return 'coming';
  const headsElsewhere = isUnderWay(unit) && upgrade?.to !== goal;
  if (formula === goal && !headsElsewhere) {
    if (!inError) return unit.agentUp ? 'settling' : 'absent';
    const isFlagged = flag?.over === since && flag.rollout === rollout.id;
    return isFlagged || isTriedAgain(unit, rollout, now) ? 'asked' : 'ill';
  }
  if (isUnderWay(unit) && upgrade?.to === goal && !inError) return 'asked';
  // A flag that is not to go over the error waits until somebody ends that.
  if (flag?.to === goal && (!inError || flag.over === since)) return 'asked';
  if (rollout.revert !== true && isLater(formula, goal)) return 'out';
  if (rollout.revert !== true && unit.bad.includes(goal)) {
    // While it goes back it does not say yet why.
    if (counts) return state === 'started' || inError ? 'failed' : 'asked';
    if (rollout.force !== true) return 'out';
  }
  if (rollout.force !== true) {
    if (unit.held !== undefined) return 'held';
    if (inError && rollout.revert !== true) return 'ill';
  }
  return 'waiting';
}

/** It failed in this rollout, and was asked to run the hook again: its agent has not begun. */
function isTriedAgain({ since }: RolloutUnit, { retriedFrom, countedFrom }: Rollout, now: number): boolean {
  if (retriedFrom === undefined) return false;
  const at = Date.parse(since);
  return at >= instantOf(retriedFrom, now) && at < instantOf(countedFrom, now);
}

/** It was upgraded further meanwhile, and a rollout goes forward only. */
function isLater(formula: string, goal: string): boolean {
  return parseFormulaId(formula).revision > parseFormulaId(goal).revision;
}

/** On its formula: whether it is healthy there, for as long as it shall be. */
function settled(
  unit: RolloutUnit,
  rollout: Rollout,
  rules: RolloutRules,
  now: number,
  healthy: boolean,
  isFlagged: boolean,
): Standing {
  if (!healthy) return withDeadline({ unit, standing: 'settling', away: true }, rollout, rules, now);
  const known = instantOf(rollout.flaggedAt ?? rollout.stateSince, now, now);
  const since = Math.max(
    instantOf(unit.since, now, known),
    unit.health === undefined ? 0 : instantOf(unit.health.since, now, known),
  );
  const until = since + (rules.minHealthy ?? (unit.health === undefined ? 0 : WITH_CHECK));
  // A unit that runs it is not away; as long as it is not looked upon as safe, the next one is not taken on. A flag
  // that leads it elsewhere, as after a rollout turned back, may still be taken up.
  return until <= now
    ? { unit, standing: 'there', away: isFlagged }
    : { unit, standing: 'settling', away: true, wakeAt: until };
}

/**
 * True if its upgrade is prepared, and waits for what the unit is at. A hook of the upgrade that waits for its next try has its
 * agent say `busy` too, and postpones nothing.
 */
function isPostponed({ upgrade }: RolloutUnit): boolean {
  if (upgrade === undefined || !isPreparing(upgrade.step)) return false;
  return upgrade.blockers.some(({ kind }) => kind !== undefined && POSTPONING.has(kind));
}

/** True if a unit is asked, and may take as long as what it is at: neither it nor its rollout fails by the time that passes. */
export function mayTakeItsTime({ unit, standing }: Standing, rollout: Rollout): boolean {
  // What others wait for who are paused may not take as long as it likes.
  return standing === 'asked' && unit.agentUp && gateOf(rollout) !== 'go' && isPostponed(unit);
}

/** A unit that does not become healthy in time has failed; the time stands still while it is postponed. */
function withDeadline(
  judged: Standing,
  rollout: Rollout,
  { healthDeadline }: RolloutRules,
  now: number,
): Standing {
  const { unit } = judged;
  const { flag } = unit;
  const gate = gateOf(rollout);
  // What others wait for who are paused may not take as long as it likes.
  if (gate !== 'go' && isPostponed(unit)) return judged;
  if (isAtGate(unit, gate)) return judged;
  if (rollout.state === 'paused') return judged;
  const begun = Math.max(
    instantOf(rollout.stateSince, now),
    instantOf(rollout.countedFrom, now),
    instantOf(flag?.requestedAt, now),
    instantOf(rollout.gateSince, now),
    instantOf(unit.upgrade?.waitedUntil, now),
    unit.state === 'upgrading' || judged.standing === 'settling' ? instantOf(unit.since, now) : 0,
    // One that was healthy, and is not any more, has as much time as one that came.
    judged.standing === 'settling' ? instantOf(unit.health?.since, now) : 0,
  );
  const until = begun + healthDeadline;
  if (until > now) return { ...judged, wakeAt: until };
  const why = unit.health?.healthy === false ? `: ${unit.health.reason}` : '';
  const failure = `not healthy within ${Math.round(healthDeadline / 1_000)} s${why}`;
  return { unit, standing: 'failed', away: judged.away, failure };
}

/** True if it waits for others alone, in lockstep. @param gate that is open to it */
export function isAtGate({ state, upgrade }: RolloutUnit, gate: string | undefined): boolean {
  if (upgrade?.lockstep === undefined) return false;
  return gate === 'go' ? state === 'upgrading' && upgrade.step === 'committing' : gate === undefined;
}

/** A hold may end by itself. */
function endOfHold({ held }: RolloutUnit): Pick<Judged, 'wakeAt'> {
  const until = Date.parse(held?.until ?? '');
  return Number.isFinite(until) ? { wakeAt: until } : {};
}

function failureOf({ state, message }: RolloutUnit, standing: RolloutStanding): Pick<Judged, 'failure'> {
  if (standing !== 'failed') return {};
  return { failure: message === '' ? state : `${state}: ${message}` };
}
