import { rulesOf } from '../../state/formula/rollout-parameters.js';
import type { Rollout, RolloutState } from '../../state/model/rollout.js';
import { canGoBack, type CloneLack, hasLostCanary, lackCommand } from '../status/next-of-rollout.js';
import { limitsOf, nextWave } from './choose.js';
import type { Judged } from './judge.js';
import { inState, turnedBack } from './written.js';

/** The words that an operator may say to a rollout. */
export const rolloutVerbs = ['pause', 'resume', 'promote', 'abort', 'revert', 'retry'] as const;
export type RolloutVerb = (typeof rolloutVerbs)[number];

/** Who asks, when, and why. */
export interface VerbRequest {
  readonly now: number;
  readonly by: string;
  readonly reason: string;
  /** With `promote` of a clone: the service that was cloned stays. */
  readonly keep?: boolean;
  /** With `promote` of a clone: also where it has fewer units than its service. */
  readonly force?: boolean;
  /** What is known of that. */
  readonly lacks?: CloneLack | undefined;
}

/** Why a rollout does not do what it is asked, and the verb that does instead, if one does. */
export interface Refusal {
  readonly refused: string;
  readonly instead?: RolloutVerb | 'status';
  /** The whole command that helps, where it is no word to the rollout. */
  readonly command?: string;
}

/**
 * The rollout after it was asked, or why it refuses.
 * @param units as they were judged by it
 */
export function afterVerb(
  verb: RolloutVerb,
  rollout: Rollout,
  units: readonly Judged[],
  request: VerbRequest,
): { readonly rollout: Rollout } | Refusal {
  return (
    refusedForLack(verb, rollout, request) ??
    refusalOf(verb, rollout, units) ??
    refusedForClone(verb, rollout, request) ?? { rollout: changedBy(verb, rollout, units, request) }
  );
}

function changedBy(
  verb: RolloutVerb,
  rollout: Rollout,
  units: readonly Judged[],
  { now, by, reason, keep = false }: VerbRequest,
): Rollout {
  const goesOn = { state: rollout.revert === true ? 'reverting' : 'running', reason };
  switch (verb) {
    case 'pause':
      return inState(rollout, { state: 'paused', reason, gate: 'operator' }, now, by);
    case 'resume':
      return inState(rollout.gate === 'wave' ? nextWaveOf(rollout, units) : rollout, goesOn, now, by);
    case 'promote':
      return {
        ...inState({ ...nextWaveOf(rollout, units), promoted: true }, goesOn, now, by),
        ...(keep && { keep }),
      };
    case 'abort':
      // Where the clone is promoted already, both services stay where they are.
      return inState(rollout, { state: 'aborted', reason, closed: isPromotedClone(rollout) }, now, by);
    case 'revert':
      return turnedBack(rollout, reason, now, by);
    case 'retry':
      return {
        ...inState(rollout, goesOn, now, by),
        retriedFrom: rollout.retriedFrom ?? rollout.countedFrom,
        countedFrom: new Date(now).toISOString(),
      };
  }
}

function isPromotedClone({ clone, promoted }: Rollout): boolean {
  return clone !== undefined && promoted === true;
}

/** How far it may go until it pauses again. */
function nextWaveOf(rollout: Rollout, units: readonly Judged[]): Rollout {
  const rules = rulesOf(rollout.parameters);
  const { allowed: _allowed, ...rest } = rollout;
  return rules.pauseAfter === 'all' ? { ...rest, allowed: nextWave(rules, units) } : rest;
}

/** Some words are about clones alone. */
function refusedForClone(
  verb: RolloutVerb,
  { clone }: Rollout,
  { keep, force }: VerbRequest,
): Refusal | undefined {
  const word = keep === true ? '--keep' : force === true ? '--force' : undefined;
  if (verb !== 'promote' || word === undefined || clone !== undefined) return undefined;
  return { refused: `it has no clone, so ${word} has nothing to say`, instead: 'promote' };
}

/** A clone with too few units would not do what its service does. */
function refusedForLack(
  verb: RolloutVerb,
  { clone, state, gate }: Rollout,
  { lacks, force = false }: VerbRequest,
): Refusal | undefined {
  if (verb !== 'promote' || clone === undefined || lacks === undefined || force) return undefined;
  if (state !== 'paused' || gate !== 'clone') return undefined;
  const { service } = clone;
  return {
    refused: `its clone ${service} has ${lacks.has} of ${lacks.has + lacks.lack} units`,
    command: lackCommand(service, lacks),
  };
}

function refusalOf(verb: RolloutVerb, rollout: Rollout, units: readonly Judged[]): Refusal | undefined {
  const { state, gate } = rollout;
  const isOne = (...states: readonly RolloutState[]): boolean => states.some((each) => each === state);
  switch (verb) {
    case 'pause':
      return isOne('running', 'reverting') ? undefined : { refused: `it is ${state}`, instead: 'status' };
    case 'resume':
      if (state === 'failed') return { refused: 'it failed', instead: 'retry' };
      if (state !== 'paused') return { refused: `it is ${state}, not paused`, instead: 'status' };
      return (gate === 'canary' && isWhole(rollout, units)) || gate === 'clone'
        ? { refused: `it waits for a word on its ${gate}`, instead: 'promote' }
        : undefined;
    case 'promote':
      return promotes(rollout, units);
    case 'abort':
      return isOne('running', 'paused', 'failed', 'reverting')
        ? undefined
        : { refused: `it is ${state}`, instead: 'status' };
    case 'revert':
      if (rollout.clone !== undefined)
        return { refused: 'no unit of the service runs anything else', instead: 'abort' };
      if (rollout.revert === true) return { refused: 'it goes back already', instead: 'status' };
      if (!isOne('running', 'paused', 'failed')) return { refused: `it is ${state}`, instead: 'status' };
      // Whoever wants it to go back from what failed has it try again to get there; else that it goes no further.
      return canGoBack(rollout)
        ? undefined
        : {
            refused: `it leads to ${rollout.to} already, as the last rollout did that was completed`,
            instead: state === 'failed' ? 'retry' : 'abort',
          };
    case 'retry':
      return state === 'failed' ? undefined : { refused: `it is ${state}, not failed`, instead: 'status' };
  }
}

/** True if the canary has as many units as it is to have; else `resume` has others tried. */
function isWhole(rollout: Rollout, units: readonly Judged[]): boolean {
  const { canaryIsLost, canaryLacks } = limitsOf(rollout, rulesOf(rollout.parameters), units);
  return !canaryIsLost && canaryLacks === 0;
}

/** A canary is looked at once more: it may have fallen ill since it was found to be healthy. */
function promotes(rollout: Rollout, units: readonly Judged[]): Refusal | undefined {
  const { state, gate, clone, parameters } = rollout;
  if (clone !== undefined && state === 'paused' && gate === 'clone') {
    const ill = units.find(({ standing }) => standing !== 'there');
    return ill && { refused: `${ill.unit.name} of its clone is not healthy`, instead: 'status' };
  }
  if (state !== 'paused' || gate !== 'canary')
    return {
      refused:
        state === 'running' ? `no ${clone === undefined ? 'canary' : 'clone'} of it waits` : `it is ${state}`,
      instead: 'status',
    };
  if (
    hasLostCanary(
      rollout,
      units.map(({ unit }) => unit),
    )
  )
    return {
      refused: 'its canary was removed, so that nobody tried what the others would get',
      instead: 'resume',
    };
  const { canary } = rulesOf(parameters);
  const isThere = (name: string): boolean => units.some(({ unit }) => unit.name === name);
  // Where one of them is gone, others were tried too.
  const names = typeof canary !== 'number' && canary.every(isThere) ? new Set(canary) : undefined;
  const ill = units.find(
    ({ unit, standing }) =>
      (names === undefined || names.has(unit.name)) &&
      ['settling', 'asked', 'failed', 'absent'].includes(standing),
  );
  return ill === undefined
    ? undefined
    : { refused: `its canary ${ill.unit.name} is not healthy`, instead: 'status' };
}
