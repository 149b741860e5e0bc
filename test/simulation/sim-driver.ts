import assert from 'node:assert/strict';
import { decide } from '../../control/rollout/decide.js';
import type { Decision, RolloutFacts } from '../../control/rollout/decision.js';
import { Judgements } from '../../control/rollout/judgements.js';
import type { RolloutUnit } from '../../control/rollout/rollout-unit.js';
import type { Entity } from '../../state/model/entity.js';
import { compareUnits } from '../../state/model/paths.js';
import type { Rollout } from '../../state/model/rollout.js';
import { withStandingHold } from './sim-unit.js';

/** Units as they are in this moment, by name. */
export type UnitsNow = ReadonlyMap<string, RolloutUnit>;

/** What a driver has read, and may write by later than it thinks. */
export class SimDriver {
  rollout: Entity<Rollout> | undefined;
  facts: RolloutFacts | undefined;
  /** Units that were read since the rollout was, each in a moment of its own. */
  #read = new Map<string, RolloutUnit>();
  readonly #judgements = new Judgements();
  /** Units as they were made of what was read, by that: of the same, a driver makes the same one. */
  readonly #made = new Map<string, RolloutUnit>();

  /**
   * @param term of the leader; a following command leads nothing
   * @param skew milliseconds that its clock is ahead
   */
  constructor(
    public term: number | undefined,
    readonly skew: number,
  ) {}

  forget(): void {
    this.rollout = undefined;
    this.#read = new Map();
    this.facts = undefined;
  }

  begin(rollout: Entity<Rollout>): void {
    this.forget();
    this.rollout = rollout;
  }

  /** It wrote this rollout itself, with these units' flags: it reads nothing anew, as it knows what it wrote. */
  goOn(
    rollout: Entity<Rollout>,
    units: readonly RolloutUnit[],
    flags: ReadonlyMap<string, RolloutUnit['flag']>,
  ): void {
    this.rollout = rollout;
    this.#read = new Map(
      units.map((unit) => {
        if (!flags.has(unit.name)) return [unit.name, unit];
        const { flag: _before, ...rest } = unit;
        const flag = flags.get(unit.name);
        return [unit.name, flag === undefined ? rest : { ...rest, flag }];
      }),
    );
  }

  /** Some of the units are read, and the others later. */
  readSome(units: UnitsNow, part: number): void {
    if (this.rollout === undefined) return;
    for (const [place, unit] of [...units.values()].entries())
      if ((place & 1) === (part & 1)) this.#read.set(unit.name, unit);
  }

  /** Is told of the statuses of some units that are on their way: it knows nothing new of their formulas and flags. */
  hear(units: UnitsNow, part: number): void {
    for (const [place, { name, state, since, upgrade, bad: _bad }] of [...units.values()].entries()) {
      const known = this.#read.get(name);
      const isOnItsWay = upgrade !== undefined && (state === 'upgrading' || state === 'started');
      if (known !== undefined && isOnItsWay && (place & 1) === (part & 1))
        this.#read.set(name, { ...known, state, since, upgrade });
    }
  }

  /** Its units are read after the rollout, never before it. One that was read and is gone since is not missed yet. */
  readUnits(units: UnitsNow, formula: string): void {
    if (this.rollout === undefined) return;
    for (const unit of units.values()) if (!this.#read.has(unit.name)) this.#read.set(unit.name, unit);
    const inOrder = [...this.#read.values()].sort((a, b) => compareUnits(a.name, b.name));
    this.facts = { formula, units: inOrder.map((unit) => this.#madeOf(unit)) };
  }

  #madeOf(unit: RolloutUnit): RolloutUnit {
    const text = JSON.stringify(unit);
    const made = this.#made.get(text) ?? unit;
    this.#made.set(text, made);
    return made;
  }

  /** Decides by what it found before, as a driver does: it comes to what one comes to who looks for the first time. */
  decide(rollout: Rollout, read: RolloutFacts, now: number): Decision {
    // A hold ends by the time, also where nothing was read since.
    const units = read.units.map((unit) => this.#madeOf(withStandingHold(unit, now)));
    const facts = { ...read, units };
    const decision = decide(rollout, facts, now, this.#judgements);
    assert.deepEqual(told(decision), told(decide(rollout, facts, now)));
    return decision;
  }
}

function told({ writes, wakeAt, next, units }: Decision): unknown {
  return { writes, wakeAt, next, units };
}
