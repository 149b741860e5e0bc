import { type RolloutRules, shareOf } from '../../state/formula/rollout-parameters.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { Rollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { commandOf, lackCommand } from '../status/next-of-rollout.js';
import { type Blocker, blockersOf } from './blockers.js';
import { limitsOf } from './choose.js';
import { type CloneFacts, type CloneRelation, type CloneStep, lackText } from './clone-facts.js';
import type { Decision, RolloutFacts, RolloutWrite } from './decision.js';
import { instantOf, type Judged, judge } from './judge.js';
import type { RolloutUnit } from './rollout-unit.js';

interface Moment {
  readonly rollout: Rollout;
  /** The clone's name. */
  readonly name: string;
  readonly rules: RolloutRules;
  readonly facts: RolloutFacts;
  readonly clone: CloneFacts;
  /** The clone's units. */
  readonly units: readonly Judged[];
  readonly now: number;
}

/**
 * Decides what is to be done about a rollout with strategy `clone`: a service is made beside this one, and related as this one
 * is. When it is healthy, it waits for `promote`. Then the relations move over, and the exposure; when nobody is related to
 * the source any more, it goes, and the rollout with it.
 */
export function decideClone(
  rollout: Rollout,
  { service: name }: { readonly service: string },
  rules: RolloutRules,
  facts: RolloutFacts,
  clone: CloneFacts,
  now: number,
): Decision {
  const ofClone = facts.units.filter((unit) => serviceOfUnit(unit.name) === name && !unit.leaving);
  const units = clone.is === 'own' ? ofClone.map((unit) => judgeClone(unit, rollout, rules, now)) : [];
  const moment: Moment = { rollout, name, rules, facts, clone, units, now };
  const { left = [] } = rollout;
  const writes: readonly RolloutWrite[] = left.length > 0 ? [{ kind: 'left', clones: left }] : next(moment);
  const state = writes.find((write) => write.kind === 'state');
  const isMoving = rollout.state === 'running' || isEnding(moment);
  return {
    writes,
    wakeAt: isMoving ? Math.max(now, Math.min(deadline(moment), ...wakes(units, now))) : undefined,
    next: state?.state ?? rollout.state,
    blockers: blockers(moment),
    units,
    ...lacking(moment),
    isStalled: writes.length === 0 && rollout.state !== 'running' && !isEnding(moment),
  };
}

function next(moment: Moment): readonly RolloutWrite[] {
  const { rollout, facts, clone } = moment;
  const { state } = rollout;
  if (isEnding(moment)) return ending(moment);
  if (state !== 'running' && state !== 'paused' && state !== 'failed') return [];
  if (facts.formula !== rollout.from) return [ends('superseded', `the service was set to ${facts.formula}`)];
  if (rollout.promoted === true) return state === 'running' ? promoted(moment) : [];
  if (clone.sourceIsGoing) return [ends('aborted', 'the service is being destroyed')];
  const gone = goneByItself(moment);
  if (gone !== undefined) return [ends('aborted', gone)];
  return state === 'paused' ? [] : tried(moment);
}

/** It is over, and its clone is still to go. */
function isEnding({ rollout: { state, closed, promoted: isPromoted } }: Moment): boolean {
  return (state === 'aborted' || state === 'superseded') && closed !== true && isPromoted !== true;
}

/** Somebody destroyed the clone. */
function goneByItself({ rollout, clone, name }: Moment): string | undefined {
  const isGone = rollout.clone?.made === true && clone.is !== 'own';
  return isGone || (clone.is === 'own' && clone.isGoing) ? `the clone ${name} was destroyed` : undefined;
}

/** The clone is made, and comes up. */
function tried(moment: Moment): readonly RolloutWrite[] {
  const { rollout, rules, clone, units, name, now } = moment;
  const isRunning = rollout.state === 'running';
  if (clone.is === 'other' && !clone.isGoing)
    return isRunning ? [fails(`there is a service ${name} already, which is no clone of this rollout`)] : [];
  if (clone.is === 'own' && clone.formula !== rollout.to)
    return isRunning ? [fails(`the clone ${name} was set to ${clone.formula ?? ''}`)] : [];
  const failed = units.filter(({ standing }) => standing === 'failed');
  if (isRunning) {
    const [first] = failed;
    if (first !== undefined && failed.length > shareOf(rules.maxFailed, units.length)) {
      const reason = `${first.unit.name} failed: ${first.failure ?? ''}`;
      return [rules.onFailure === 'revert' ? ends('aborted', reason) : fails(reason)];
    }
    if (clone.is === 'none') return [step({ step: 'make' })];
    if (clone.unmade > 0) return [step({ step: 'units' })];
    const relation = clone.relations.find((each) => !each.isLeaving && each.clone === 'missing');
    if (relation !== undefined && clone.is === 'own')
      return [step({ step: 'relate', relation: relation.number })];
  }
  if (isThere(moment) && (isRunning || failed.length === 0))
    return [{ kind: 'state', state: 'paused', gate: 'clone', reason: `the clone ${name} is healthy` }];
  return isRunning && now >= deadline(moment) ? [outOfTime(moment)] : [];
}

function isThere(moment: Moment): boolean {
  const { clone, units } = moment;
  return (
    clone.is === 'own' &&
    clone.unmade === 0 &&
    lackOf(moment) === 0 &&
    units.every(({ standing }) => standing === 'there' || standing === 'failed')
  );
}

/** How many units the clone has fewer than the service in whose place it is to come. */
function lackOf({ facts, units, name }: Moment): number {
  const ofSource = facts.units.filter((unit) => serviceOfUnit(unit.name) !== name && !unit.leaving);
  return Math.max(0, ofSource.length - units.length);
}

/** What `promote` refuses by. */
function lacking(moment: Moment): Pick<Decision, 'lacks'> {
  const lack = lackOf(moment);
  const { clone, units, rollout } = moment;
  const isTried = clone.is === 'own' && clone.unmade === 0 && rollout.promoted !== true;
  return isTried && !isEnding(moment) && lack > 0 ? { lacks: { has: units.length, lack } } : {};
}

/** It comes in the service's place. The source is asked to go when nobody is related to it any more. */
function promoted(moment: Moment): readonly RolloutWrite[] {
  const { rollout, clone, name, now } = moment;
  const { relations } = clone;
  if (clone.is !== 'own' || clone.isGoing) return [ends('aborted', `the clone ${name} was destroyed`)];
  const stays = relations.find(({ isLeaving }) => !isLeaving);
  if (stays !== undefined) return [step({ step: 'move', relation: stays.number })];
  if (clone.sourceIsExposed) return [step({ step: 'expose' })];
  if (relations.length === 0) {
    if (rollout.keep === true)
      return [{ ...ends('done', `${name} is in its place, and it stays`), closed: true }];
    if (!clone.sourceIsGoing || clone.unasked.length > 0) return [step({ step: 'retire' })];
  }
  return now >= deadline(moment) ? [outOfTime(moment)] : [];
}

/** The clone goes. What it was related to leaves it first, unless its own units cannot. */
function ending(moment: Moment): readonly RolloutWrite[] {
  const { clone, units, now } = moment;
  if (clone.is !== 'own') return [{ kind: 'close' }];
  // Whoever asked its units to go may have died over it.
  if (clone.isGoing) return clone.unasked.length > 0 ? [step({ step: 'remove' })] : [];
  if (clone.standing > 0) return [step({ step: 'unrelate' })];
  const canLeave = units.every(
    ({ unit }) => unit.agentUp && !isErrorState(unit.state) && unit.relationsInError.length === 0,
  );
  return clone.leaving > 0 && canLeave && now < deadline(moment) ? [] : [step({ step: 'remove' })];
}

function step(each: CloneStep): RolloutWrite {
  return { kind: 'clone', ...each };
}

function ends(
  state: 'aborted' | 'superseded' | 'done',
  reason: string,
): Extract<RolloutWrite, { kind: 'state' }> {
  return { kind: 'state', state, reason };
}

function fails(reason: string): RolloutWrite {
  return { kind: 'state', state: 'failed', reason };
}

function outOfTime(moment: Moment): RolloutWrite {
  const [first] = blockers(moment);
  const why = first === undefined ? '' : `: ${first.who}: ${first.reason}`;
  return fails(`nothing got further for ${Math.round(moment.rules.progressDeadline / 1_000)} s${why}`);
}

/** A unit of a clone has installed nothing yet, and so may fail before it has the formula. */
function judgeClone(unit: RolloutUnit, rollout: Rollout, rules: RolloutRules, now: number): Judged {
  const judged = judge(unit, rollout, rules, now);
  if (judged.standing !== 'coming' || !isErrorState(unit.state)) return judged;
  const counts = Date.parse(unit.since) >= instantOf(rollout.countedFrom, now);
  const failure = unit.message === '' ? unit.state : `${unit.state}: ${unit.message}`;
  return counts ? { ...judged, standing: 'failed', failure } : { ...judged, standing: 'ill' };
}

/** When a rollout gives up that gets no further. */
function deadline({ rollout, rules, facts, now }: Moment): number {
  const instants = [
    rollout.stateSince,
    rollout.flaggedAt,
    ...facts.units.flatMap(({ since, health }) => [since, health?.since]),
  ].map((text) => instantOf(text, now));
  return Math.max(...instants) + rules.progressDeadline;
}

function wakes(units: readonly Judged[], now: number): readonly number[] {
  return units.flatMap(({ wakeAt }) => (wakeAt === undefined || wakeAt <= now ? [] : [wakeAt]));
}

/** Why the clone's units, and the rollout as a whole, wait. */
function blockers(moment: Moment): readonly Blocker[] {
  const { rollout, rules, units, now } = moment;
  const ofUnits = blockersOf(rollout, rules, units, limitsOf(rollout, rules, units), now);
  const whole = wholeReason(moment);
  return [
    ...(whole === undefined ? [] : [{ since: rollout.stateSince, until: null, ...whole }]),
    ...ofUnits,
    ...(rollout.promoted === true ? sourceUnits(moment) : []),
  ];
}

function wholeReason(moment: Moment): Pick<Blocker, 'kind' | 'who' | 'reason' | 'ends'> | undefined {
  const { rollout, clone, name } = moment;
  const { state, reason = '', gate, stateBy } = rollout;
  const service = clone.source;
  if (state === 'failed') return { kind: 'failed', who: name, reason, ends: commandOf('retry', service) };
  const { lacks } = lacking(moment);
  if (lacks !== undefined && (state === 'running' || gate === 'clone'))
    return { kind: 'clone', who: name, reason: lackText(service, lacks), ends: lackCommand(name, lacks) };
  if (state === 'paused') {
    if (gate === 'clone') return { kind: 'clone', who: name, reason, ends: commandOf('promote', service) };
    const who = stateBy === undefined ? 'paused' : `paused by ${stateBy}`;
    const why = reason === '' ? who : `${who}: ${reason}`;
    return { kind: 'paused', who: name, reason: why, ends: commandOf('resume', service) };
  }
  if (clone.is === 'other' && clone.isGoing)
    return {
      kind: 'clone',
      who: name,
      reason: `a service ${name} is still going`,
      ends: 'its units have stopped',
    };
  if (isEnding(moment) && clone.is === 'own')
    return clone.isGoing
      ? { kind: 'clone', who: name, reason: 'it goes', ends: 'its units have stopped' }
      : { kind: 'relation', who: name, reason: 'others leave it first', ends: 'it goes on by itself' };
  if (rollout.promoted !== true) return undefined;
  if (clone.sourceIsGoing)
    return {
      kind: 'clone',
      who: service,
      reason: `it goes: ${name} is in its place`,
      ends: 'its units have stopped',
    };
  const leaving = clone.relations.find(({ isLeaving }) => isLeaving);
  return leaving !== undefined ? leavesFirst(service, leaving) : undefined;
}

function leavesFirst(
  service: string,
  { other, number }: CloneRelation,
): Pick<Blocker, 'kind' | 'who' | 'reason' | 'ends'> {
  return {
    kind: 'relation',
    who: service,
    reason: `relation ${number} is not left by all units yet, its own and those of ${other}`,
    ends: 'it goes on by itself',
  };
}

/** Units of the service that was cloned stop, after its relations have moved. */
function sourceUnits({ facts, name, clone }: Moment): readonly Blocker[] {
  if (!clone.sourceIsGoing) return [];
  return facts.units
    .filter((unit) => serviceOfUnit(unit.name) !== name)
    .map((unit) => ({
      kind: isErrorState(unit.state) ? 'error' : unit.agentUp ? 'clone' : 'agent',
      who: unit.name,
      reason: isErrorState(unit.state) ? `it is in ${unit.state}` : 'it is asked to stop and go',
      since: unit.since,
      until: null,
      ends: isErrorState(unit.state) ? `ensemble resolved --retry ${unit.name}` : 'it has stopped',
    }));
}
