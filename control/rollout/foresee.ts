import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { Blocker } from './blockers.js';
import { decide } from './decide.js';
import type { Decision, RolloutFacts } from './decision.js';
import { isHealthy, isUnderWay, type Judged } from './judge.js';
import type { RolloutUnit } from './rollout-unit.js';
import { afterVerb } from './verbs.js';

/** Units that a rollout asks in one go. */
export interface Wave {
  /** In the order in which they are asked. */
  readonly units: readonly string[];
  /**
   * The reason why it then waits for a word: `canary` and `clone` for `rollout promote`, `wave` for `rollout resume`; null
   * where it goes on by itself.
   */
  readonly pause: 'canary' | 'wave' | 'clone' | null;
}

/** How a rollout goes if each unit that is asked becomes healthy. */
export interface Foreseen {
  /** Units that were asked before, or are on their way; they arrive without being asked. */
  readonly underWay: readonly string[];
  readonly waves: readonly Wave[];
  /** Units that it does not get to as things stand, and what keeps each. */
  readonly waiting: readonly Blocker[];
}

/** An instant at which a unit that is taken as healthy has been so for long enough. */
const LONG_AGO = new Date(0).toISOString();

/**
 * Foresees how a rollout goes. It has the rollout decided again and again, each time with the units that it asked as
 * healthy on its formula, and with every pause ended by the word that it waits for. So nothing here knows of waves.
 * @param now milliseconds since the epoch
 */
export function foresee(begun: Rollout, facts: RolloutFacts, now: number): Foreseen {
  // Time stands still here: a deadline that is nearly over ends nothing.
  let rollout: Rollout = { ...begun, stateSince: new Date(now).toISOString() };
  let { units } = facts;
  const goal = goalOf(rollout);
  const waves: Wave[] = [];
  const underWay: string[] = [];
  const take = (names: readonly string[], change: (unit: RolloutUnit) => RolloutUnit): void => {
    const taken = new Set(names);
    units = units.map((unit) => (taken.has(unit.name) ? change(unit) : unit));
  };
  // Each turn asks, takes off, ends or resumes something: more of them than this there are not.
  for (let turns = 4 * units.length + 8; turns > 0; turns -= 1) {
    const decision = decide(rollout, { ...facts, units }, now);
    const [write] = decision.writes;
    if (rollout.state === 'paused' || (write?.kind === 'state' && write.state === 'paused')) {
      const gate = write?.kind === 'state' ? write.gate : rollout.gate;
      const next = goneOn(
        { ...rollout, state: 'paused', ...(gate !== undefined && { gate }) },
        decision,
        now,
      );
      if (next === undefined) return { underWay, waves, waiting: left(decision) };
      const last = waves.at(-1);
      if (last !== undefined && write !== undefined)
        waves[waves.length - 1] = { ...last, pause: gate === 'canary' ? 'canary' : 'wave' };
      rollout = next;
    } else if (write?.kind === 'flag') {
      const names = write.units.map(({ name }) => name);
      waves.push({ units: names, pause: null });
      take(names, (unit) => healthyOn(unit, goal));
    } else if (write?.kind === 'unflag') take(write.units, unflagged);
    else {
      // Units in lockstep go on together.
      const goesOn = write === undefined || write.kind === 'gate';
      const going = goesOn ? decision.units.filter(arrives) : [];
      const names = going.map(({ unit }) => unit.name);
      if (names.length === 0) return { underWay, waves, waiting: left(decision) };
      underWay.push(...names);
      take(names, arrived);
    }
  }
  return { underWay, waves, waiting: [] };
}

/** The rollout after the word that its pause waits for; undefined where it takes none. */
function goneOn(paused: Rollout, { units }: Decision, now: number): Rollout | undefined {
  const verb = paused.gate === 'canary' ? 'promote' : 'resume';
  const answer = afterVerb(verb, paused, units, { now, by: paused.by, reason: '' });
  return 'refused' in answer ? undefined : answer.rollout;
}

/** What keeps units that it has not come to: one that is away, on the formula already, is none. */
function left({ blockers, units }: Decision): readonly Blocker[] {
  const there = new Set(
    units.filter(({ standing }) => standing === 'absent').map(({ unit: { name } }) => name),
  );
  return blockers.filter(({ who }) => !there.has(who));
}

/** True if it was asked before, or is under way, or becomes healthy by time alone. */
function arrives({ unit, standing }: Judged): boolean {
  if (!unit.agentUp) return false;
  if (standing === 'settling') return isHealthy(unit);
  return standing === 'asked' || (standing === 'waiting' && isUnderWay(unit) && !isErrorState(unit.state));
}

function arrived(unit: RolloutUnit): RolloutUnit {
  const to = isUnderWay(unit) ? unit.upgrade?.to : unit.flag?.to;
  return healthyOn(unit, to ?? unit.formula);
}

function healthyOn(
  { flag: _flag, upgrade: _upgrade, ...unit }: RolloutUnit,
  formula: string | null,
): RolloutUnit {
  return {
    ...unit,
    formula,
    state: 'started',
    since: LONG_AGO,
    relationsInError: [],
    ...(unit.health !== undefined && { health: { healthy: true, since: LONG_AGO, reason: '' } }),
  };
}

function unflagged({ flag: _flag, ...unit }: RolloutUnit): RolloutUnit {
  return unit;
}
