import type { Operation } from '../../state/coordination/coordinator.js';
import { type Entity, nodeValue } from '../../state/model/entity.js';
import { type LockstepGate, passageOf, settledGates, withGate } from '../../state/model/lockstep.js';
import { withFailure, withoutFailure } from '../../state/model/failed-formulas.js';
import { paths } from '../../state/model/paths.js';
import { goalOf, type Rollout, writeRollout } from '../../state/model/rollout.js';
import type { Flag } from '../../state/model/request-schemas.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { RolloutWrite } from './decision.js';
import type { RolloutUnit } from './rollout-unit.js';

/** Units that one transaction flags; see `flagUnits`. */
export const FLAGS_PER_WRITE = 500;

/**
 * The rollout after it was decided to ask units. It is written with each of them, so that whoever decides next, by the
 * version that this makes, sees these flags: two drivers never take on units beside each other.
 */
export function flagging(rollout: Rollout, now: number): Rollout {
  return { ...rollout, flaggedAt: new Date(now).toISOString() };
}

type NextState = Pick<Extract<RolloutWrite, { kind: 'state' }>, 'reason' | 'gate' | 'closed'> & {
  readonly state: string;
};

/** The rollout in another state, by the drivers or by somebody. */
export function inState(
  rollout: Rollout,
  { state, reason, gate, closed }: NextState,
  now: number,
  by?: string,
): Rollout {
  const {
    gate: _gate,
    stateBy: _by,
    reason: _reason,
    closed: _closed,
    failures: _failures,
    ...rest
  } = rollout;
  return {
    ...rest,
    ...((state === 'aborted' || state === 'superseded') && gatesSettled(rollout)),
    // What is behind is taken on as it returns, and nobody is left to wait for it.
    ...(state === 'done' && gatesOpened(rollout)),
    state,
    stateSince: new Date(now).toISOString(),
    ...(reason !== '' && { reason }),
    ...(gate !== undefined && { gate }),
    ...(closed === true && { closed }),
    ...failuresAfter(rollout, state, reason, now),
    ...(by !== undefined && { stateBy: by }),
  };
}

/** What is to be remembered of a formula that failed, is gone back from, or succeeded. */
function failuresAfter(
  rollout: Rollout,
  state: string,
  reason: string,
  now: number,
): Pick<Rollout, 'failures'> {
  const { failures, to } = rollout;
  const next = !isSettledBy(rollout, state)
    ? failures
    : state === 'done'
      ? withoutFailure(failures, to)
      : withFailure(failures, to, new Date(now).toISOString(), reason);
  return next === undefined ? {} : { failures: next };
}

/** Whether a state says how the formula did that a rollout leads to. A way back says nothing of where it leads. */
function isSettledBy({ revert, clone, promoted, state: before }: Rollout, state: string): boolean {
  if (revert === true) return false;
  // What failed, and is gone back from then, has failed once.
  if (state === 'reverting') return before !== 'failed';
  if (state === 'aborted') return clone !== undefined && promoted !== true && before !== 'failed';
  return state === 'failed' || state === 'done';
}

/** The rollout on its way back. What failed on the way forward counts no more. */
export function turnedBack(rollout: Rollout, reason: string, now: number, by?: string): Rollout {
  const {
    allowed: _allowed,
    retriedFrom: _retried,
    ...rest
  } = inState(rollout, { state: 'reverting', reason }, now, by);
  return { ...rest, ...gatesSettled(rollout), revert: true, countedFrom: new Date(now).toISOString() };
}

function gatesSettled(rollout: Rollout): Pick<Rollout, 'gates'> {
  const gates = settledGates(rollout);
  return gates === undefined ? {} : { gates };
}

function gatesOpened(rollout: Rollout): Pick<Rollout, 'gates'> {
  const passage = passageOf(rollout);
  return passage === undefined ? {} : { gates: withGate(rollout.gates, passage, 'resume') };
}

/** The rollout after it opened a gate of its passage. */
export function gateOpened(rollout: Rollout, gate: LockstepGate, now: number): Rollout {
  const passage = passageOf(rollout);
  if (passage === undefined) return rollout;
  return {
    ...rollout,
    gates: withGate(rollout.gates, passage, gate),
    gateSince: new Date(now).toISOString(),
  };
}

/** The flag by which a rollout asks a unit. It names where to, so that nothing set later leads the unit elsewhere. */
export function flagOf(rollout: Rollout, unit: Pick<RolloutUnit, 'state' | 'since'>, now: number): Flag {
  const { id, by, force, revert, revertOnError } = rollout;
  const lockstep = passageOf(rollout);
  return {
    requestedAt: new Date(now).toISOString(),
    by,
    to: goalOf(rollout),
    rollout: id,
    ...((force === true || revert === true) && { force: true }),
    ...(revert === true && { revert: true }),
    ...(revert === true && force === true && { whileBusy: true }),
    ...(revertOnError === true && revert !== true && { revertOnError: true }),
    ...(lockstep !== undefined && { lockstep }),
    ...(isErrorState(unit.state) && { over: unit.since }),
  };
}

/**
 * The operations that ask units, at most `FLAGS_PER_WRITE` of them.
 * @param standing the versions of the flags that stand, by unit
 */
export function flagOperations(
  service: string,
  rollout: Entity<Rollout>,
  units: readonly RolloutUnit[],
  standing: ReadonlyMap<string, number>,
  now: number,
): readonly Operation[] {
  return [
    ...writeRollout(service, rollout, flagging(rollout.value, now)),
    ...units.map((unit): Operation => {
      const path = paths.upgrade(unit.name);
      const value = nodeValue(flagOf(rollout.value, unit, now));
      const version = standing.get(unit.name);
      return version === undefined ? { kind: 'create', path, value } : { kind: 'set', path, value, version };
    }),
  ];
}

/** The operations that take flags off, of the versions that were seen. */
export function unflagOperations(
  service: string,
  rollout: Entity<Rollout>,
  standing: ReadonlyMap<string, number>,
): readonly Operation[] {
  return [
    // Written, as with flags: whoever decides next has seen that they are gone.
    ...writeRollout(service, rollout, rollout.value),
    ...[...standing].map(
      ([unit, version]): Operation => ({ kind: 'remove', path: paths.upgrade(unit), version }),
    ),
  ];
}
