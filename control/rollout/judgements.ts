import type { RolloutRules } from '../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../state/model/rollout.js';
import { type Judged, judge } from './judge.js';
import type { RolloutUnit } from './rollout-unit.js';

/**
 * Judges units, and keeps what it found of each until the unit, its rollout or the time makes another one of it: of many
 * units, few have changed since the last look. Whoever looks only once keeps nothing.
 *
 * That a rollout asked more units changes nothing for those that were judged. Whatever a clock wrote that is ahead of
 * this one is judged anew each time, since it means something else from moment to moment.
 */
export class Judgements {
  #kept = new WeakMap<RolloutUnit, Judged>();
  #rollout: Rollout | undefined;
  #now = 0;

  /** The units that stay, in their order. @param now milliseconds since the epoch */
  of(units: readonly RolloutUnit[], rollout: Rollout, rules: RolloutRules, now: number): readonly Judged[] {
    if (this.#rollout === undefined || now < this.#now || !areAlike(this.#rollout, rollout))
      this.#kept = new WeakMap();
    this.#rollout = rollout;
    this.#now = now;
    const { stateSince, countedFrom, gateSince } = rollout;
    const keeps = [stateSince, countedFrom, gateSince].every((text) => isPast(text, now));
    const judged: Judged[] = [];
    for (const unit of units) {
      if (unit.leaving) continue;
      const known = this.#kept.get(unit);
      if (known !== undefined && (known.wakeAt === undefined || known.wakeAt > now)) {
        judged.push(known);
        continue;
      }
      const found = judge(unit, rollout, rules, now);
      if (keeps && instantsOf(unit).every((text) => isPast(text, now))) this.#kept.set(unit, found);
      judged.push(found);
    }
    return judged;
  }
}

/** Whether two differ in nothing by which a unit is judged: by each write that asks units a rollout becomes another one. */
function areAlike(before: Rollout, now: Rollout): boolean {
  if (before === now) return true;
  const { flaggedAt: _before, ...was } = before;
  const { flaggedAt: _now, ...is } = now;
  const words = Object.keys(is);
  return (
    words.length === Object.keys(was).length &&
    words.every((word) => Reflect.get(was, word) === Reflect.get(is, word))
  );
}

function instantsOf({ since, flag, upgrade, health }: RolloutUnit): readonly (string | undefined)[] {
  return [since, flag?.requestedAt, upgrade?.since, upgrade?.waitedUntil, health?.since];
}

function isPast(text: string | undefined, now: number): boolean {
  return text === undefined || Date.parse(text) <= now;
}
