import { decide } from '../../control/rollout/decide.js';
import type { Decision, RolloutFacts } from '../../control/rollout/decision.js';
import { judge } from '../../control/rollout/judge.js';
import type { RolloutUnit } from '../../control/rollout/rollout-unit.js';
import { afterVerb, type RolloutVerb } from '../../control/rollout/verbs.js';
import { flagOf } from '../../control/rollout/written.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import { type RolloutParameters, rulesOf } from '../../state/formula/rollout-parameters.js';
import { type Entity, nodeValue, parseEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import {
  beginRollout,
  goalOf,
  type Rollout,
  rolloutSchema,
  writeRollout,
} from '../../state/model/rollout.js';
import { type Flag, flagSchema } from '../../state/model/request-schemas.js';
import { MemoryTree } from './memory-tree.js';
import { Broken, RolloutPromises } from './rollout-promises.js';
import { SimDriver } from './sim-driver.js';
import { type Fate, SimUnit, withStandingHold } from './sim-unit.js';
import { operationsOf } from './sim-writes.js';

const SERVICE = 'web';
const SERVICE_PATH = paths.service(SERVICE);
const ELECTION = '/election';

/** A service, its units and the drivers of its rollouts, moved one event at a time. */
export class RolloutWorld {
  now = Date.UTC(2026, 0, 1);
  readonly tree = new MemoryTree();
  readonly units = new Map<string, SimUnit>();
  readonly drivers: SimDriver[];
  #revision = 1;
  #nextUnit = 0;
  #fates: readonly Fate[];
  readonly #revertOnError: boolean;
  readonly #hung = new Set<string>();
  readonly #promises = new RolloutPromises(this.units);

  constructor(
    units: number,
    readonly parameters: RolloutParameters,
    fates: readonly Fate[],
    revertOnError = false,
    drivers = 3,
  ) {
    this.#fates = fates;
    this.#revertOnError = revertOnError;
    this.tree.transaction([
      { kind: 'create', path: ELECTION, value: '' },
      { kind: 'create', path: SERVICE_PATH, value: nodeValue({ formula: this.formula(1) }) },
    ]);
    for (let index = 0; index < units; index += 1) this.add(this.formula(1));
    this.drivers = Array.from(
      { length: drivers },
      (_, index) => new SimDriver(index === 0 ? 0 : undefined, (index - 1) * 700),
    );
    this.supersede();
  }

  formula(revision: number): string {
    return `principia:web-${revision}`;
  }

  get rollout(): Entity<Rollout> {
    const path = paths.rollout(SERVICE);
    const found = parseEntity(path, rolloutSchema, this.tree.get(path));
    if (found === undefined) throw new Error('no rollout');
    return found;
  }

  get service(): { readonly formula: string; readonly startWith?: string } {
    return JSON.parse(this.tree.get(SERVICE_PATH)?.value ?? '{}');
  }

  flagOf(unit: string): Flag | undefined {
    const path = paths.upgrade(unit);
    return parseEntity(path, flagSchema, this.tree.get(path))?.value;
  }

  facts(): RolloutFacts {
    const units = [...this.units.values()].map((unit) => withStandingHold(this.#seen(unit), this.now));
    return { formula: this.service.formula, units };
  }

  #seen(unit: SimUnit): RolloutUnit {
    return unit.seen(this.flagOf(unit.name));
  }

  // What operators do.

  /** Somebody asks for one revision more. */
  supersede(): void {
    const before = this.#revision === 1 ? undefined : this.rollout;
    if (this.#revision > 3) return;
    this.#revision += 1;
    const to = this.formula(this.#revision);
    const from = this.service.formula;
    const at = new Date(this.now).toISOString();
    const isOver = before === undefined || before.value.state === 'done';
    const revertTo = isOver ? from : before.value.revertTo;
    const { operations } = beginRollout(SERVICE, before, {
      from,
      to,
      revertTo,
      by: 'ann@host',
      requestedAt: at,
      parameters: this.parameters,
      state: 'running',
      stateSince: at,
      countedFrom: at,
      ...(this.#revertOnError && { revertOnError: true }),
      ...(rulesOf(this.parameters).pauseAfter !== 'none' && { allowed: 1 }),
    });
    const isTogether = this.parameters.strategy === 'lockstep';
    const hasCanary = isTogether || (this.parameters.canary !== undefined && this.parameters.canary !== '0');
    const value = nodeValue({ formula: to, ...(hasCanary && { startWith: revertTo }) });
    this.#apply([...operations, { kind: 'set', path: SERVICE_PATH, value }]);
  }

  ask(verb: RolloutVerb): void {
    const standing = this.rollout;
    const rules = rulesOf(standing.value.parameters);
    const judged = this.facts().units.map((unit) => judge(unit, standing.value, rules, this.now));
    const answer = afterVerb(verb, standing.value, judged, { now: this.now, by: 'bob@host', reason: '' });
    if ('refused' in answer) return;
    const { rollout: next } = answer;
    const operations: Operation[] = [...writeRollout(SERVICE, standing, next)];
    if (verb === 'revert')
      operations.push({
        kind: 'set',
        path: SERVICE_PATH,
        value: nodeValue({ formula: standing.value.revertTo }),
      });
    if (verb === 'promote')
      operations.push({ kind: 'set', path: SERVICE_PATH, value: nodeValue({ formula: standing.value.to }) });
    if (verb === 'retry') {
      for (const { unit, standing: stands } of judged) {
        if (stands !== 'failed') continue;
        const flag = { ...flagOf(next, unit, this.now), force: true };
        const path = paths.upgrade(unit.name);
        operations.push(
          this.tree.get(path) === undefined
            ? { kind: 'create', path, value: nodeValue(flag) }
            : { kind: 'set', path, value: nodeValue(flag) },
        );
      }
    }
    this.#apply(operations);
  }

  add(formula: string | null = null): void {
    const name = `${SERVICE}/${this.#nextUnit}`;
    const index = this.#nextUnit;
    this.#nextUnit += 1;
    const fate = (to: string): Fate => {
      const drawn = this.#fates[(index * 3 + Number(to.slice(-1))) % Math.max(1, this.#fates.length)] ?? 'ok';
      return this.#hung.has(name) ? 'ok' : drawn;
    };
    this.units.set(name, new SimUnit(name, formula, this.now, fate));
  }

  /** Somebody asks it to go; it does so when its agent comes to it. */
  leave(index: number): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.isLeaving = true;
  }

  remove(index: number): void {
    const unit = this.#unit(index);
    if (unit !== undefined) this.#remove(unit);
  }

  #remove(unit: SimUnit): void {
    if (this.units.size <= 1) return;
    this.units.delete(unit.name);
    if (this.tree.get(paths.upgrade(unit.name)) !== undefined)
      this.#apply([{ kind: 'remove', path: paths.upgrade(unit.name) }]);
  }

  /** What failed or hung works from now on, and a unit in an error is helped out of it. */
  mend(index: number): void {
    const unit = this.#unit(index);
    if (unit === undefined) return;
    this.#hung.add(unit.name);
    unit.cure(this.now);
    this.#note();
  }

  // What goes on by itself.

  agent(index: number, up: boolean): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.agentUp = up;
    this.#note();
  }

  fall(index: number): void {
    this.#unit(index)?.fall(this.now);
  }

  relation(index: number, error: boolean): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.relationError = error;
    this.#note();
  }

  /** Its health-check says so, from now on. */
  health(index: number, healthy: boolean): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.health = { healthy, since: this.now };
    this.#note();
  }

  /** It is busy, or idle. */
  busy(index: number, isBusy: boolean): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.isBusy = isBusy;
  }

  /** Somebody holds it for so many milliseconds; Infinity: until somebody ends that, 0: no more. */
  hold(index: number, ms: number): void {
    const unit = this.#unit(index);
    if (unit !== undefined) unit.heldUntil = ms === 0 ? 0 : this.now + ms;
  }

  step(index: number): void {
    const unit = this.#unit(index);
    if (unit === undefined) return;
    const { formula, startWith } = this.service;
    const before = unit.resumed;
    const { gates = {} } = this.rollout.value;
    const isOff = unit.step(this.flagOf(unit.name), startWith ?? formula, this.now, gates);
    if (unit.resumed !== before) this.#promises.checkResumed(unit, this.rollout.value);
    if (isOff) this.#apply([{ kind: 'remove', path: paths.upgrade(unit.name) }]);
    if (unit.isGone) this.#remove(unit);
    this.#note();
  }

  /** Another one leads; the one that did does not know it. */
  depose(index: number): void {
    this.#apply([{ kind: 'set', path: ELECTION, value: '' }]);
    const driver = this.#driver(index);
    driver.term = this.tree.get(ELECTION)?.version;
    driver.forget();
  }

  // What drivers do, each in its own time.

  readRollout(index: number): void {
    this.#driver(index).begin(this.rollout);
  }

  readSome(index: number, part: number): void {
    this.#driver(index).readSome(this.#seenUnits(), part);
  }

  hear(index: number, part: number): void {
    this.#driver(index).hear(this.#seenUnits(), part);
  }

  readUnits(index: number): void {
    this.#driver(index).readUnits(this.#seenUnits(), this.service.formula);
  }

  #seenUnits(): ReadonlyMap<string, RolloutUnit> {
    return new Map([...this.units.values()].map((unit) => [unit.name, this.#seen(unit)]));
  }

  /**
   * @param how `lost`: the write does not get through, though the driver thinks so. `on`: a driver that wrote goes on by
   *   what it knew, and what it wrote
   */
  write(index: number, how?: 'lost' | 'on'): Decision | undefined {
    const driver = this.#driver(index);
    const { rollout, facts } = driver;
    if (rollout === undefined || facts === undefined) return undefined;
    driver.forget();
    const now = this.now + driver.skew;
    const decision = driver.decide(rollout.value, facts, now);
    this.#promises.checkDecision(rollout.value, decision, now);
    const [write] = decision.writes;
    if (write === undefined || how === 'lost') return decision;
    const guard: readonly Operation[] =
      driver.term === undefined ? [] : [{ kind: 'check', path: ELECTION, version: driver.term }];
    const leads = driver.term === undefined || this.tree.get(ELECTION)?.version === driver.term;
    const healthy = new Set(
      [...this.units.values()].filter((unit) => unit.isHealthy).map(({ name }) => name),
    );
    const before = this.rollout;
    const flagged = write.kind === 'flag' ? write.units.map(({ name }) => name) : [];
    if (flagged.some((name) => !this.units.has(name))) return decision;
    const applied = this.tree.transaction([
      ...guard,
      ...operationsOf(this.tree, SERVICE, write, rollout, now),
    ]);
    if (!applied) return decision;
    if (!leads) throw new Broken('a deposed leader wrote');
    if (before.value.state === 'aborted' && write.kind !== 'unflag' && write.kind !== 'close')
      throw new Broken(`an aborted rollout did ${write.kind}`);
    this.#promises.checkAborted(this.rollout.value);
    if (write.kind === 'gate' && write.gate === 'resume') this.#promises.resumes(rollout.value, facts.units);
    if (write.kind === 'flag') {
      const failed = decision.units.filter(({ standing }) => standing === 'failed');
      const seen = failed.map(({ unit }) => unit);
      this.#promises.checkFlags(before.value, flagged, healthy, seen, now);
    }
    if (how === 'on') {
      const written = write.kind === 'unflag' ? write.units : flagged;
      const flags = new Map(
        written.map((name) => [name, this.units.get(name)?.seen(this.flagOf(name)).flag]),
      );
      driver.goOn(this.rollout, facts.units, flags);
    }
    return decision;
  }

  /** Once they are healthy with nothing to do, they are no longer away because of a rollout. */
  #note(): void {
    for (const unit of this.units.values())
      if (unit.isHealthy && this.flagOf(unit.name) === undefined) unit.takenBy = undefined;
  }

  /**
   * Everything works from now on, time passes, and drivers drive: what is left then is over, or waits for somebody whom it
   * names.
   */
  settle(): void {
    this.#promises.leaveAlone();
    this.#passTime();
    if (this.#waitsForBusy()) {
      // What a unit is at may take long; once it is through, nothing waits any more.
      for (const unit of this.units.values()) unit.isBusy = false;
      this.#passTime();
    }
    this.#requireEnd();
  }

  /** True if the rollout goes on waiting for a unit that is busy, and says so. */
  #waitsForBusy(): boolean {
    const { value } = this.rollout;
    if (value.state !== 'running' && value.state !== 'reverting') return false;
    return decide(value, this.facts(), this.now).blockers.some(({ kind }) => kind === 'busy');
  }

  #passTime(): void {
    for (let round = 0; round < 60; round += 1) {
      for (let index = 0; index < this.units.size; index += 1) this.step(index);
      this.#driver(0).term = undefined;
      this.readRollout(0);
      this.readUnits(0);
      this.write(0);
      this.now += 45_000;
    }
  }

  #requireEnd(): void {
    const { value } = this.rollout;
    if (value.state === 'running' || value.state === 'reverting')
      throw new Broken(`it is ${value.state} after ${(60 * 45) / 60} minutes`);
    if (value.state === 'failed' && decide(value, this.facts(), this.now).blockers.length === 0)
      throw new Broken('it failed, and nothing says why it does not go on');
    if (value.state !== 'done') return;
    const goal = goalOf(value);
    const decision = decide(value, this.facts(), this.now);
    for (const { unit, standing } of decision.units) {
      const isHere = unit.formula === goal || ['failed', 'out', 'held'].includes(standing);
      const isPostponed = unit.upgrade?.blockers.some(({ kind }) => kind === 'busy') === true;
      // It was held when the rollout was done, and in an error of its own that nobody ended when the hold was over.
      const isIll = standing === 'ill' && (this.units.get(unit.name)?.heldUntil ?? 0) > 0;
      if (!isHere && !isPostponed && !isIll && unit.agentUp)
        throw new Broken(`done, and ${unit.name} runs ${unit.formula}`);
    }
  }

  #apply(operations: readonly Operation[]): void {
    if (!this.tree.transaction(operations)) throw new Error('a write of the simulation does not apply');
    this.#promises.checkAborted(this.rollout.value);
  }

  #unit(index: number): SimUnit | undefined {
    return [...this.units.values()][index % this.units.size];
  }

  #driver(index: number): SimDriver {
    const driver = this.drivers[index % this.drivers.length];
    if (driver === undefined) throw new Error('no driver');
    return driver;
  }
}
