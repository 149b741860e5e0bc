import type { Decision } from '../../control/rollout/decision.js';
import type { RolloutUnit } from '../../control/rollout/rollout-unit.js';
import { rulesOf, shareOf } from '../../state/formula/rollout-parameters.js';
import { passageOf } from '../../state/model/lockstep.js';
import { goalOf, type Rollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { SimUnit } from './sim-unit.js';

/** What a broken promise says. */
export class Broken extends Error {}

/** What a rollout promises, whatever happens; each check throws `Broken`. */
export class RolloutPromises {
  /** By rollout, how many units of a canary by name were not there, at most. */
  readonly #replaced = new Map<string, number>();
  /** By rollout, the units that it asked. */
  readonly #asked = new Map<string, Set<string>>();
  /** Who was seen when a passage resumed, ran something, and was to stay. */
  readonly #party = new Set<string>();
  /** Rollouts that somebody aborted, by id. */
  readonly #aborted = new Set<string>();
  /** How often each unit was asked by a rollout on its way there or back, since nobody did anything any more. */
  #askings: Map<string, number> | undefined;

  constructor(readonly units: ReadonlyMap<string, SimUnit>) {}

  /** From now on nobody does anything. */
  leaveAlone(): void {
    this.#askings = new Map();
  }

  /** A driver that saw these units opens the gate by which the passage of its rollout resumes. */
  resumes(rollout: Rollout, seen: readonly RolloutUnit[]): void {
    // One that leaves is no part of it, also where it cannot go yet.
    for (const { name, formula, leaving } of seen)
      if (formula !== null && !leaving) this.#party.add(`${passageOf(rollout) ?? ''} ${name}`);
  }

  checkDecision(rollout: Rollout, decision: Decision, now: number): void {
    const isMoving = rollout.state === 'running' || rollout.state === 'reverting';
    const { wakeAt = Infinity } = decision;
    if (isMoving && wakeAt > now + rulesOf(rollout.parameters).progressDeadline)
      throw new Broken('no deadline is armed');
    const ways = new Set(decision.blockers.map(({ who }) => who));
    for (const { unit, standing } of decision.units)
      if (standing !== 'there' && !ways.has(unit.name))
        throw new Broken(`nothing says why ${unit.name} waits`);
  }

  /** What is aborted goes on never more. */
  checkAborted({ id, state }: Rollout): void {
    if (state === 'aborted') this.#aborted.add(id);
    else if (this.#aborted.has(id)) throw new Broken(`an aborted rollout is ${state}`);
  }

  /** Once nobody does anything any more, no unit is asked over and over again. */
  #checkAskings({ id, revert }: Rollout, flagged: readonly string[]): void {
    if (this.#askings === undefined) return;
    for (const name of flagged) {
      const key = `${id} ${revert === true} ${name}`;
      const count = (this.#askings.get(key) ?? 0) + 1;
      this.#askings.set(key, count);
      if (count > 3) throw new Broken(`${name} is asked again and again`);
    }
  }

  /** No unit is given up while it can still become healthy in time: it is in an error, went back, or its time is over. */
  #checkFailed(rollout: Rollout, { name, state, bad, flag }: RolloutUnit, now: number): void {
    if (isErrorState(state) || bad.includes(goalOf(rollout))) return;
    const asked = Math.max(
      ...[rollout.stateSince, flag?.requestedAt ?? ''].map((text) => Date.parse(text) || 0),
    );
    if (now < asked + rulesOf(rollout.parameters).healthDeadline)
      throw new Broken(`gave up ${name} too early`);
  }

  /** @param failed units that the rollout counts as failed, as it saw them */
  checkFlags(
    rollout: Rollout,
    flagged: readonly string[],
    healthy: ReadonlySet<string>,
    failed: readonly RolloutUnit[],
    now: number,
  ): void {
    const rules = rulesOf(rollout.parameters);
    const lostOnes = new Set(failed.map(({ name }) => name));
    for (const unit of failed) this.#checkFailed(rollout, unit, now);
    this.#checkAskings(rollout, flagged);
    for (const name of flagged) {
      const unit = this.units.get(name);
      if (unit !== undefined && healthy.has(name)) unit.takenBy = rollout.id;
    }
    // One that is on its way out is away because of that, and comes never back; one that was only asked to go counts.
    const taken = [...this.units.values()].filter(
      ({ takenBy, isStopping }) => takenBy !== undefined && !isStopping,
    );
    // As many as may fail hold nobody's place, by their hooks, by an error since they were asked, or by the time.
    const lost = taken.filter((unit) => unit.fate(rollout.to) !== 'ok' || lostOnes.has(unit.name)).length;
    const tolerated = Math.min(lost, shareOf(rules.maxFailed, this.units.size));
    if (rules.strategy === 'rolling' && taken.length - tolerated > rules.maxParallel.number)
      throw new Broken(`${taken.map(({ name }) => name).join(', ')} are away at once`);
    if (rollout.state === 'paused' || rollout.state === 'failed')
      throw new Broken(`a rollout that is ${rollout.state} asked units`);
    if (rollout.revert === true) return;
    const asked = this.#asked.get(rollout.id) ?? new Set<string>();
    this.#asked.set(rollout.id, asked);
    for (const name of flagged) asked.add(name);
    if (rollout.promoted === true || rollout.state === 'done') return;
    const beyond = [...asked].filter((name) => this.units.get(name)?.isStopping === false);
    if (typeof rules.canary !== 'number') {
      const names = new Set(rules.canary);
      const gone = rules.canary.filter((name) => !(this.units.get(name)?.isStopping === false)).length;
      // Others are tried in place of those that are gone, also where one of that name comes later.
      const replaced = Math.max(gone, this.#replaced.get(rollout.id) ?? 0);
      this.#replaced.set(rollout.id, replaced);
      if (beyond.filter((name) => !names.has(name)).length > replaced)
        throw new Broken('asked a unit that is no canary');
    } else if (rules.canary > 0 && beyond.length > rules.canary) {
      throw new Broken(`${beyond.join(', ')} were asked before the canary was promoted`);
    }
  }

  /** Units of one passage in lockstep all come out of it the same way. */
  checkResumed({ name, resumed }: SimUnit, rollout: Rollout): void {
    if (resumed === undefined) return;
    for (const other of this.units.values())
      if (other.resumed?.passage === resumed.passage && other.resumed.gate !== resumed.gate)
        throw new Broken(`${name} and ${other.name} were resumed with two formulas`);
    if (resumed.gate !== 'resume' || rulesOf(rollout.parameters).allowMissing) return;
    const goal = rollout.id === resumed.passage.replace('-back', '') ? goalOf(rollout) : undefined;
    if (goal === undefined || passageOf(rollout) !== resumed.passage) return;
    for (const other of this.units.values()) {
      const isThrough = other.upgrade?.lockstep === resumed.passage && other.upgrade.step === 'committing';
      const runsIt = other.formula === goal || other.resumed?.passage === resumed.passage;
      if (!isThrough && !runsIt && this.#party.has(`${resumed.passage} ${other.name}`))
        throw new Broken(`${name} was resumed, and ${other.name} runs ${other.formula}`);
    }
  }
}
