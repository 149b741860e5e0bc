import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { absenceSentence } from '../../state/model/absence.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import type { RolloutRules } from '../../state/formula/rollout-parameters.js';
import { passageOf } from '../../state/model/lockstep.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { commandOf } from '../status/next-of-rollout.js';
import type { Limits } from './choose.js';
import type { Judged } from './judge.js';
import { waitedFor } from './lockstep.js';
import type { RolloutUnit } from './rollout-unit.js';

/** Why a unit, or the whole rollout, waits. */
export interface Blocker {
  /** A `BlockerKind`, or what an agent of a later release says. */
  readonly kind: string;
  /** The unit. */
  readonly who: string;
  readonly reason: string;
  /** ISO instants. */
  readonly since: string;
  readonly until: string | null;
  /** The end of it: an event, or the command that brings it. */
  readonly ends: string;
}

/** Says for every unit that is not there why not, since when, until when, and what ends that. */
export function blockersOf(
  rollout: Rollout,
  rules: RolloutRules,
  units: readonly Judged[],
  limits: Limits,
  now: number,
): readonly Blocker[] {
  const away = units.filter(({ away: isAway, standing }) => isAway && standing !== 'failed');
  const waited = waitedFor(rollout, rules, units);
  return units.flatMap((judged) => {
    const told = toldOf(judged);
    const own = told.length > 0 ? undefined : blockerOf(judged, rollout, rules, limits, away, now);
    const reasons = own === undefined ? told : [own];
    return reasons.map((reason) => ({ ...inLockstep(reason, rollout, waited), who: judged.unit.name }));
  });
}

type Reason = Omit<Blocker, 'who'>;

function blockerOf(
  judged: Judged,
  rollout: Rollout,
  rules: RolloutRules,
  limits: Limits,
  away: readonly Judged[],
  now: number,
): Reason | undefined {
  const { unit, standing } = judged;
  const { name, since } = unit;
  const until = judged.wakeAt === undefined ? null : new Date(judged.wakeAt).toISOString();
  const by = { since, until };
  switch (standing) {
    case 'there':
      return undefined;
    case 'out':
      return {
        kind: 'bad',
        reason: unit.bad.includes(goalOf(rollout))
          ? 'it went back from that formula'
          : 'it runs a later formula',
        ...by,
        ends: unit.bad.includes(goalOf(rollout))
          ? upgradeCommand(goalOf(rollout), serviceOfUnit(name), '--force')
          : `ensemble revert-formula ${name}`,
      };
    case 'unreadable':
      return { kind: 'unreadable', reason: unit.damage ?? '', ...by, ends: 'ensemble status' };
    case 'failed':
      return {
        kind: 'failed',
        reason: judged.failure ?? '',
        ...by,
        ends: wayOutOf(unit, rollout),
      };
    case 'held':
      return {
        kind: 'held',
        reason: unit.held?.reason ?? '',
        since: unit.held?.since ?? since,
        until: unit.held?.until ?? null,
        ends: unit.held?.ends ?? '',
      };
    case 'ill':
      return {
        kind: 'error',
        reason: `it is in ${unit.state}`,
        ...by,
        ends: `ensemble resolved --retry ${name}`,
      };
    default:
      if (!unit.agentUp) return agentAway(judged);
      return standing === 'waiting'
        ? waiting(judged, rollout, rules, limits, away, now)
        : underWay(judged, by);
  }
}

/** What helps a unit that failed: where its rollout goes on, or is over, that takes no further try. */
function wayOutOf({ name, state, bad }: RolloutUnit, rollout: Rollout): string {
  const service = serviceOfUnit(name);
  if (rollout.state === 'failed' || rollout.clone !== undefined) return commandOf('retry', service);
  if (isErrorState(state)) return `ensemble resolved --retry ${name}`;
  return bad.includes(goalOf(rollout))
    ? upgradeCommand(goalOf(rollout), service, '--force', `--unit ${name}`)
    : 'it is healthy';
}

/** Says of one that waits for others which these are, and of one that others wait for how they go on without it. */
function inLockstep(blocker: Reason, rollout: Rollout, waited: readonly string[]): Reason {
  const [first] = waited;
  if (first === undefined || passageOf(rollout) === undefined) return blocker;
  if (blocker.kind === 'lockstep') {
    const more = waited.length > 1 ? ` and ${waited.length - 1} more` : '';
    return { ...blocker, reason: `it goes together with the others, and waits for ${first}${more}` };
  }
  const words = ['--strategy lockstep', '--allow-missing'];
  const command = upgradeCommand(goalOf(rollout), serviceOfUnit(first), ...words);
  return blocker.kind === 'agent' && rollout.revert !== true
    ? { ...blocker, ends: `${blocker.ends}; without it: ${command}` }
    : blocker;
}

function agentAway({ unit: { machine, since } }: Judged): Reason {
  const reason = machine === null ? 'no machine yet' : absenceSentence(machine, { kind: 'down' });
  return { kind: 'agent', reason, since, until: null, ends: 'its agent returns' };
}

/** Standings in which an agent that is up may be at the unit's upgrade. */
const AT_WORK: ReadonlySet<Judged['standing']> = new Set(['asked', 'settling', 'coming']);

/** What the unit's agent says that its upgrade waits for: several things at once, it may be. */
function toldOf({ unit, standing, wakeAt }: Judged): readonly Reason[] {
  if (!unit.agentUp || !AT_WORK.has(standing)) return [];
  const until = wakeAt === undefined ? null : new Date(wakeAt).toISOString();
  return (unit.upgrade?.blockers ?? []).map((told) => ({
    kind: told.kind ?? 'upgrade',
    reason: told.reason,
    since: told.since,
    until: told.until ?? until,
    ends: told.ends ?? 'it goes on by itself',
  }));
}

/** Asked, and not there yet. */
function underWay({ unit, standing }: Judged, by: Pick<Reason, 'since' | 'until'>): Reason {
  const [relation] = unit.relationsInError;
  if (relation !== undefined)
    return {
      kind: 'relation-error',
      reason: `relation ${relation} is in error`,
      ...by,
      ends: `ensemble resolved --retry ${unit.name} ${relation}`,
    };
  if (standing === 'coming')
    return { kind: 'install', reason: `it is ${unit.state}`, ...by, ends: 'it goes on by itself' };
  if (standing === 'settling')
    return {
      kind: 'health',
      reason:
        unit.health?.healthy === false
          ? `not healthy yet: ${unit.health.reason}`
          : 'it is not healthy for long enough yet',
      ...by,
      ends: 'it goes on by itself',
    };
  if (isErrorState(unit.state))
    return {
      kind: 'upgrade',
      reason: `it is in ${unit.state}, and was asked to try again`,
      ...by,
      ends: 'it goes on by itself',
    };
  const step = unit.upgrade === undefined ? 'its agent has not begun' : `it is at ${unit.upgrade.step}`;
  return { kind: 'upgrade', reason: step, ...by, ends: 'it goes on by itself' };
}

/** Not asked yet. */
function waiting(
  { unit, away: isAway }: Judged,
  rollout: Rollout,
  rules: RolloutRules,
  limits: Limits,
  away: readonly Judged[],
  now: number,
): Reason {
  const service = serviceOfUnit(unit.name);
  const since = rollout.stateSince;
  if (rollout.state === 'paused') return { ...paused(rollout, service, limits), since, until: null };
  if (rollout.state === 'failed')
    return {
      kind: 'failed',
      reason: rollout.reason ?? '',
      since,
      until: null,
      ends: commandOf('retry', service),
    };
  if (rollout.state === 'aborted')
    return {
      kind: 'aborted',
      reason: rollout.stateBy === undefined ? 'the rollout was aborted' : `aborted by ${rollout.stateBy}`,
      since,
      until: null,
      ends:
        rollout.revert === true
          ? `ensemble revert-formula ${service}`
          : upgradeCommand(goalOf(rollout), service),
    };
  if (rollout.state === 'superseded')
    return {
      kind: 'superseded',
      reason: rollout.reason ?? 'the service was set to another formula',
      since,
      until: null,
      ends: 'ensemble status',
    };
  if (rollout.state === 'done' && rollout.closed === true)
    return {
      kind: 'over',
      reason: 'the rollout is done, and asks nobody any more',
      since,
      until: null,
      ends: upgradeCommand(goalOf(rollout), service),
    };
  if (limits.canaryIsOpen && limits.left === 0)
    return {
      kind: 'canary',
      reason: 'the canary is tried first',
      since,
      until: null,
      ends: `${commandOf('promote', service)}, once it is healthy`,
    };
  const first = away.find((each) => each.unit.name !== unit.name)?.unit.name;
  const others = away.length - (isAway ? 1 : 0);
  const more = others > 1 ? ` and ${others - 1} more` : '';
  const most =
    limits.maxParallel === Infinity
      ? ''
      : ` (max-parallel ${rules.maxParallel.number}${rules.maxParallel.percent ? '%' : ''})`;
  return {
    kind: 'turn',
    reason: first === undefined ? 'it is not its turn' : `not its turn: ${first}${more} first${most}`,
    since: rollout.flaggedAt ?? new Date(Math.min(now, Date.parse(since) || now)).toISOString(),
    until: null,
    ends: 'it goes on by itself',
  };
}

function paused(
  { gate, reason = '', stateBy }: Rollout,
  service: string,
  { canaryIsLost, canaryLacks }: Limits,
): Pick<Reason, 'kind' | 'reason' | 'ends'> {
  if (gate === 'canary' && canaryIsLost)
    return { kind: 'canary', reason: 'the canary was removed', ends: commandOf('resume', service) };
  if (gate === 'canary' && canaryLacks > 0)
    return {
      kind: 'canary',
      reason: `${reason}, and has ${canaryLacks} ${canaryLacks === 1 ? 'unit' : 'units'} too few`,
      ends: `${commandOf('promote', service)}, or ${commandOf('resume', service)} to have another tried`,
    };
  if (gate === 'canary') return { kind: 'canary', reason, ends: commandOf('promote', service) };
  if (gate === 'wave') return { kind: 'wave', reason, ends: commandOf('resume', service) };
  const who = stateBy === undefined ? 'paused' : `paused by ${stateBy}`;
  return {
    kind: 'paused',
    reason: reason === '' ? who : `${who}: ${reason}`,
    ends: commandOf('resume', service),
  };
}
