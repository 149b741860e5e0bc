import { type RolloutRules, rulesOf, shareOf } from '../../state/formula/rollout-parameters.js';
import { gateOf, passageOf } from '../../state/model/lockstep.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { canGoBack } from '../status/next-of-rollout.js';
import { type Blocker, blockersOf } from './blockers.js';
import { chooseUnits, isCanaryPhase, type Limits, limitsOf } from './choose.js';
import { decideClone } from './decide-clone.js';
import type { Decision, RolloutFacts, RolloutWrite } from './decision.js';
import { instantOf, isHealthy, isUnderWay, type Judged, mayTakeItsTime } from './judge.js';
import { Judgements } from './judgements.js';
import { gateToOpen, leavesPaused } from './lockstep.js';

/**
 * Decides what is to be done about a rollout now. It is pure, and looks at the present alone: whoever drives, and however
 * often, comes to the same.
 * @param judgements of the looks before, where somebody looks often: it saves work, and changes nothing
 */
export function decide(
  rollout: Rollout,
  facts: RolloutFacts,
  now: number,
  judgements: Judgements = new Judgements(),
): Decision {
  const rules = rulesOf(rollout.parameters);
  if (rollout.clone !== undefined && facts.clone !== undefined)
    return decideClone(rollout, rollout.clone, rules, facts, facts.clone, now);
  const units = judgements.of(facts.units, rollout, rules, now);
  const limits = limitsOf(rollout, rules, units);
  const isMoving = rollout.state === 'running' || rollout.state === 'reverting';
  const progressEnd = isMoving ? progressEnds(rollout, rules, units, now) : Infinity;
  const moment = { rollout, rules, facts, units, limits, progressEnd, now };
  const writes = writesFor(moment);
  let blockers: readonly Blocker[] | undefined;
  const state = writes.find((write) => write.kind === 'state');
  const turnsBack = writes.some(({ kind }) => kind === 'turn-back');
  return {
    writes,
    wakeAt: wakeAt(moment),
    next: turnsBack ? 'reverting' : (state?.state ?? rollout.state),
    // Whoever only drives asks for none of them.
    get blockers() {
      blockers ??= blockersOf(rollout, rules, units, limits, now);
      return blockers;
    },
    units,
    isStalled: writes.length === 0 && !units.some(goesOn),
  };
}

interface Moment {
  readonly rollout: Rollout;
  readonly rules: RolloutRules;
  readonly facts: RolloutFacts;
  readonly units: readonly Judged[];
  readonly limits: Limits;
  /** When it gives up, where it runs or goes back. */
  readonly progressEnd: number;
  readonly now: number;
}

function writesFor(moment: Moment): readonly RolloutWrite[] {
  const { rollout, facts, units } = moment;
  const { state, left = [] } = rollout;
  if (left.length > 0) return [{ kind: 'left', clones: left }];
  const isMoved = facts.formula !== goalOf(rollout);
  switch (state) {
    case 'running':
    case 'reverting':
      if (isMoved) return [superseded(facts)];
      return driven(moment);
    case 'paused':
      return isMoved ? [superseded(facts)] : [];
    case 'failed':
      if (isMoved) return [superseded(facts)];
      return isThrough(units, goalOf(rollout)) && !units.some(isFailed) ? ended(moment) : [];
    case 'done':
      // What was behind is taken on as it returns.
      if (rollout.closed === true) return [];
      return isMoved || !units.some(isBehind) ? [{ kind: 'close' }] : flags(moment);
    case 'aborted':
    case 'superseded': {
      if (rollout.closed === true) return [];
      const left = unflagged(units.filter(({ unit }) => unit.flag?.rollout === rollout.id));
      return left.length > 0 ? left : [{ kind: 'close' }];
    }
    default:
      // A state of a later release is that one's business.
      return [];
  }
}

function superseded({ formula }: RolloutFacts): RolloutWrite {
  return { kind: 'state', state: 'superseded', reason: `the service was set to ${formula}` };
}

function done(rollout: Rollout, units: readonly Judged[]): RolloutWrite {
  const failed = names(units.filter(isFailed));
  const behind = names(units.filter(isBehind));
  const reason = [
    // Why it went back is worth knowing when it has.
    ...(rollout.revert === true && rollout.reason !== undefined ? [rollout.reason] : []),
    ...(failed.length > 0 ? [`${failed.join(', ')} failed`] : []),
    ...(behind.length > 0 ? [`${behind.join(', ')} ${behind.length === 1 ? 'is' : 'are'} behind`] : []),
  ].join('; ');
  return { kind: 'state', state: 'done', reason, ...(behind.length === 0 && { closed: true }) };
}

/** A unit that a rollout which is done still takes on, as it returns. */
function isBehind({ standing }: Judged): boolean {
  return standing === 'waiting' || standing === 'coming' || standing === 'held' || standing === 'asked';
}

/** Nothing is left to be done but to take off what would lead units elsewhere again. */
function ended(moment: Moment): readonly RolloutWrite[] {
  const left = leftFlags(moment, []);
  return left.length > 0 ? left : [done(moment.rollout, moment.units)];
}

/** A rollout that runs, or goes back. */
function driven(moment: Moment): readonly RolloutWrite[] {
  const { rollout, rules, units, limits, progressEnd, now } = moment;
  const failed = units.filter(isFailed);
  const inCanary = isCanaryPhase(rollout, rules);
  // No unit of a canary may fail.
  const budget = inCanary ? 0 : shareOf(rules.maxFailed, units.length);
  if (failed.length > budget) return [givenUp(moment, failed)];
  if (inCanary && limits.canaryIsThere)
    return [{ kind: 'state', state: 'paused', gate: 'canary', reason: 'the canary is healthy' }];
  if (!inCanary && isThrough(units, goalOf(rollout))) return ended(moment);
  if (limits.waveIsThere)
    return [{ kind: 'state', state: 'paused', gate: 'wave', reason: 'the wave is healthy' }];
  const gate = gateToOpen(rollout, rules, units);
  if (gate !== undefined) return [{ kind: 'gate', gate }];
  if (rules.allowMissing && gateOf(rollout) === 'resume' && isOnlyAway(moment)) return [done(rollout, units)];
  if (now >= progressEnd) return [outOfTime(moment)];
  const asking = flags(moment);
  return [...asking, ...leftFlags(moment, asking)];
}

/** Too many failed. */
function givenUp({ rollout, rules }: Moment, failed: readonly Judged[]): RolloutWrite {
  const [first] = failed;
  const others = failed.length > 1 ? `, and ${failed.length - 1} more` : '';
  const reason = `${first?.unit.name} failed${others}: ${first?.failure ?? ''}`;
  return rules.onFailure === 'revert' && canGoBack(rollout)
    ? { kind: 'turn-back', reason }
    : { kind: 'state', state: 'failed', reason };
}

/** Nothing got further for too long: where only agents are away, what can be done is done. */
function outOfTime(moment: Moment): RolloutWrite {
  const { rollout, rules, units, limits } = moment;
  // In lockstep nothing can be done without the others as long as none has resumed.
  const isBefore = passageOf(rollout) !== undefined && gateOf(rollout) !== 'resume';
  if (!isBefore && isOnlyAway(moment)) return done(rollout, units);
  const blockers = blockersOf(rollout, rules, units, limits, moment.now);
  const first = blockers.find(({ kind }) => kind !== 'lockstep') ?? blockers[0];
  const why = first === undefined ? '' : `: ${first.who}: ${first.reason}`;
  const reason = `nothing got further for ${Math.round(rules.progressDeadline / 1_000)} s${why}`;
  // Units that are paused cannot wait for somebody to look.
  return leavesPaused(rollout) && canGoBack(rollout)
    ? { kind: 'turn-back', reason }
    : { kind: 'state', state: 'failed', reason };
}

function isOnlyAway({ rollout, units, limits }: Moment): boolean {
  const open = units.filter((judged) => !isSettled(judged, goalOf(rollout)));
  return !limits.canaryIsOpen && open.every(({ unit, standing }) => standing === 'coming' || !unit.agentUp);
}

function flags(moment: Moment): readonly RolloutWrite[] {
  const { rollout, rules, units, limits } = moment;
  const chosen = chooseUnits(rollout, rules, units, limits);
  return chosen.length === 0 ? [] : [{ kind: 'flag', units: chosen }];
}

/** Flags that lead elsewhere than this rollout, left by the one before it or by the way that it turned back from. */
function leftFlags({ rollout, units }: Moment, asking: readonly RolloutWrite[]): readonly RolloutWrite[] {
  const goal = goalOf(rollout);
  const asked = new Set(asking.flatMap((write) => (write.kind === 'flag' ? write.units : [])));
  return unflagged(
    units.filter(({ unit }) => {
      const { flag } = unit;
      return flag?.rollout !== undefined && flag.to !== goal && !asked.has(unit);
    }),
  );
}

function unflagged(units: readonly Judged[]): readonly RolloutWrite[] {
  const left = units.filter(({ unit }) => unit.flag !== undefined && !isUnderWay(unit));
  return left.length === 0 ? [] : [{ kind: 'unflag', units: names(left) }];
}

/** When a rollout gives up that gets no further. The time stands still while a unit is postponed. */
function progressEnds(rollout: Rollout, rules: RolloutRules, units: readonly Judged[], now: number): number {
  const { stateSince, flaggedAt, gateSince } = rollout;
  let last = Math.max(...[stateSince, flaggedAt, gateSince].map((text) => instantOf(text, now)));
  for (const judged of units) {
    if (mayTakeItsTime(judged, rollout)) return now + rules.progressDeadline;
    const { unit, standing, wakeAt: settledAt = 0, furtherAt } = judged;
    // One that is healthy gets further by being so for long enough.
    last = Math.max(last, furtherAt, standing === 'settling' && isHealthy(unit) ? settledAt : 0);
  }
  return last + rules.progressDeadline;
}

function wakeAt({ rollout, units, progressEnd, now }: Moment): number | undefined {
  const isMoving = Number.isFinite(progressEnd);
  if (!isMoving && (rollout.state !== 'done' || rollout.closed === true)) return undefined;
  let first = progressEnd;
  for (const { wakeAt: at = Infinity } of units) if (at < first && at > now) first = at;
  return first === Infinity ? undefined : Math.max(now, first);
}

/** Every unit is where it is to be, or failed within the budget, or is none of this rollout's. */
function isThrough(units: readonly Judged[], goal: string): boolean {
  return units.every((judged) => isSettled(judged, goal));
}

const SETTLED: ReadonlySet<Judged['standing']> = new Set([
  'there',
  'absent',
  'failed',
  'out',
  'held',
  'unreadable',
]);

/** One that brought an error along, and is on the formula that it is to have, needs no rollout. */
function isSettled({ standing, unit }: Judged, goal: string): boolean {
  return SETTLED.has(standing) || (standing === 'ill' && unit.formula === goal);
}

function isFailed({ standing }: Judged): boolean {
  return standing === 'failed';
}

/** True if time or an agent takes it further. */
function goesOn({ unit, standing, wakeAt: until }: Judged): boolean {
  return (
    until !== undefined ||
    ((standing === 'asked' || standing === 'settling' || standing === 'coming') && unit.agentUp)
  );
}

function names(units: readonly Judged[]): readonly string[] {
  return units.map(({ unit }) => unit.name);
}
