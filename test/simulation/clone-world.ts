import type { CloneFacts } from '../../control/rollout/clone-facts.js';
import { decide } from '../../control/rollout/decide.js';
import type { Decision, RolloutFacts, RolloutWrite } from '../../control/rollout/decision.js';
import type { RolloutUnit } from '../../control/rollout/rollout-unit.js';
import { afterVerb, type RolloutVerb } from '../../control/rollout/verbs.js';
import { inState } from '../../control/rollout/written.js';
import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../state/model/rollout.js';
import { Broken } from './rollout-promises.js';

const [one, two] = ['principia:web-1', 'principia:web-2'] as const;
const CLONE = 'web-r2';

/** What becomes of a relation, by the service on the other side. */
type Related = Map<string, 'stands' | 'leaving'>;

interface SimService {
  readonly relations: Related;
  readonly units: Map<string, RolloutUnit>;
  readonly asked: Set<string>;
  exposed: boolean;
  isGoing: boolean;
}

interface Driver {
  version: number;
  seen: { readonly rollout: Rollout; readonly facts: RolloutFacts } | undefined;
}

/** A service, its clone and the drivers of its rollout, moved one event at a time. */
export class CloneWorld {
  now = Date.UTC(2026, 0, 1);
  #version = 0;
  #rollout: Rollout;
  source: SimService | undefined = service(true);
  clone: SimService | undefined;
  /** Which other sides take no second relation, and of which the clone's formula has no relation. */
  readonly #others: readonly string[];
  #unmade = 0;
  readonly #drivers: Driver[] = [0, 1, 2].map(() => ({ version: -1, seen: undefined }));
  readonly #size: number;

  /** @param others the services that it is related to: `full1` takes one relation, `lacks1` is one that the formula drops */
  constructor(size: number, others: readonly string[], parameters: RolloutParameters) {
    const at = new Date(this.now).toISOString();
    this.#size = size;
    this.#others = others;
    for (const other of others) this.source?.relations.set(other, 'stands');
    for (let index = 0; index < size; index += 1)
      this.source?.units.set(`web/${index}`, unit(`web/${index}`, one, 'started', at));
    this.#rollout = {
      id: 'r1',
      life: 'aaaaaaaaaaaa',
      from: one,
      to: two,
      revertTo: one,
      by: 'ann@host',
      requestedAt: at,
      parameters: { ...parameters, strategy: 'clone' },
      state: 'running',
      stateSince: at,
      countedFrom: at,
      clone: { service: CLONE },
    };
  }

  get rollout(): Rollout {
    return this.#rollout;
  }

  facts(): RolloutFacts {
    const { source, clone } = this;
    const relations = [...(source?.relations ?? [])].map(([other, state]) => ({
      number: other,
      other,
      isLeaving: state === 'leaving',
      clone:
        clone?.relations.get(other) === 'stands'
          ? ('there' as const)
          : other.startsWith('lacks')
            ? ('none' as const)
            : other.startsWith('full')
              ? ('later' as const)
              : ('missing' as const),
    }));
    const leaver = this.#rollout.promoted === true ? source : clone;
    const states = [...(clone?.relations.values() ?? [])];
    const facts: CloneFacts = {
      source: 'web',
      is: clone === undefined ? 'none' : 'own',
      isGoing: clone?.isGoing === true,
      formula: clone === undefined ? null : two,
      unmade: this.#unmade,
      standing: states.filter((state) => state === 'stands').length,
      leaving: states.filter((state) => state === 'leaving').length,
      sourceIsGoing: source?.isGoing !== false,
      sourceIsExposed: source?.exposed === true,
      unasked: [...(leaver?.units.keys() ?? [])].filter((name) => leaver?.asked.has(name) !== true),
      relations,
    };
    const units = [...(clone?.units.values() ?? []), ...(source?.units.values() ?? [])];
    return { formula: one, units: units.map((each) => ({ ...each })), clone: facts };
  }

  // What happens by itself, and what operators do.

  /** A unit of the clone gets one step further. @param fails its hook does not succeed */
  step(index: number, fails = false): void {
    const units = [...(this.clone?.units.values() ?? [])];
    const found = units[index % Math.max(1, units.length)];
    if (found === undefined) return;
    const since = new Date(this.now).toISOString();
    const next = fails && found.state !== 'started' ? 'install-error' : 'started';
    const formula = next === 'started' ? two : found.formula;
    this.clone?.units.set(found.name, { ...found, state: next, formula, since });
  }

  agent(index: number, agentUp: boolean): void {
    const units = [...(this.clone?.units.values() ?? [])];
    const found = units[index % Math.max(1, units.length)];
    if (found !== undefined) this.clone?.units.set(found.name, { ...found, agentUp });
  }

  /** All units have left what is to be left. */
  leave(): void {
    for (const each of [this.source, this.clone])
      for (const [other, state] of each?.relations ?? [])
        if (state === 'leaving') each?.relations.delete(other);
  }

  /** Units that were asked have stopped, and a service without any is gone. */
  stop(): void {
    for (const each of [this.source, this.clone])
      for (const name of each?.asked ?? []) each?.units.delete(name);
    if (this.source?.isGoing && this.source.units.size === 0 && this.source.relations.size === 0)
      this.source = undefined;
    if (this.clone?.isGoing && this.clone.units.size === 0 && this.clone.relations.size === 0)
      this.clone = undefined;
  }

  relate(other: string): void {
    if (this.source !== undefined && !this.source.isGoing && !this.source.relations.has(other))
      this.source.relations.set(other, 'stands');
  }

  /** Somebody destroys the clone. */
  destroyClone(): void {
    if (this.clone !== undefined) destroy(this.clone);
  }

  ask(verb: RolloutVerb, keep: boolean): void {
    if (this.source === undefined) return;
    const { units } = decide(this.#rollout, this.facts(), this.now);
    const answer = afterVerb(verb, this.#rollout, units, { now: this.now, by: 'bob@host', reason: '', keep });
    if ('refused' in answer) return;
    this.#rollout = answer.rollout;
    this.#version += 1;
    if (verb === 'retry') for (let index = 0; index < this.#size; index += 1) this.step(index);
  }

  // What drivers do, each in its own time.

  read(index: number): void {
    const driver = this.#driver(index);
    driver.version = this.#version;
    driver.seen = { rollout: this.#rollout, facts: this.facts() };
  }

  /** @param dies it does so in the midst: what is not one transaction with the rollout is left undone */
  write(index: number, dies = false): Decision | undefined {
    const driver = this.#driver(index);
    const { seen } = driver;
    driver.seen = undefined;
    if (seen === undefined) return undefined;
    const decision = decide(seen.rollout, seen.facts, this.now);
    this.#checkDecision(seen.rollout, decision);
    const [write] = decision.writes;
    if (write === undefined || driver.version !== this.#version || this.source === undefined) return decision;
    this.#version += 1;
    this.#apply(write, dies);
    this.#check(seen.rollout);
    return decision;
  }

  #apply(write: RolloutWrite, dies: boolean): void {
    const rollout = this.#rollout;
    switch (write.kind) {
      case 'state':
        this.#rollout = inState(rollout, write, this.now);
        return;
      case 'close':
        this.#rollout = { ...rollout, closed: true };
        return;
      case 'clone':
        this.#rollout = { ...rollout, flaggedAt: new Date(this.now).toISOString() };
        this.#step(write, dies);
        return;
      default:
        throw new Broken(`a clone does ${write.kind}`);
    }
  }

  #step(write: Extract<RolloutWrite, { kind: 'clone' }>, dies: boolean): void {
    const { source, clone } = this;
    if (source === undefined) return;
    switch (write.step) {
      case 'make':
        if (clone !== undefined || source.isGoing) throw new Broken('made twice, or of what goes');
        this.clone = service(false);
        this.#unmade = this.#size;
        this.#rollout = { ...this.#rollout, clone: { service: CLONE, made: true } };
        return;
      case 'units': {
        const since = new Date(this.now).toISOString();
        // Some transactions of many.
        const most = dies ? Math.ceil(this.#unmade / 2) : this.#unmade;
        for (let made = 0; made < most; made += 1) {
          const name = `${CLONE}/${this.#size - this.#unmade}`;
          clone?.units.set(name, unit(name, null, 'installing', since));
          this.#unmade -= 1;
        }
        return;
      }
      case 'relate':
      case 'move':
        if (!write.relation.startsWith('lacks')) clone?.relations.set(write.relation, 'stands');
        if (write.step === 'relate') return;
        if (this.#rollout.promoted !== true) throw new Broken('a relation moved before anybody said so');
        source.relations.set(write.relation, 'leaving');
        return;
      case 'expose':
        if (clone !== undefined) clone.exposed = true;
        source.exposed = false;
        return;
      case 'retire':
        if (this.#rollout.promoted !== true || source.relations.size > 0)
          throw new Broken('units of the source stop to which others are related');
        source.isGoing = true;
        if (!dies) destroy(source);
        return;
      case 'unrelate':
        for (const other of dies ? [] : (clone?.relations.keys() ?? []))
          clone?.relations.set(other, 'leaving');
        return;
      case 'remove':
        if (clone === undefined) return;
        clone.isGoing = true;
        if (!dies) destroy(clone);
        return;
    }
  }

  /** Delivers everything until nothing is left to be done. */
  settle(): void {
    for (let turn = 0; turn < 200; turn += 1) {
      this.agent(turn, true);
      this.leave();
      this.stop();
      this.step(turn);
      this.read(0);
      const decision = this.write(0);
      if (this.source === undefined) break;
      if (decision?.writes.length === 0) this.now += 60_000;
    }
    const { state, promoted, closed, keep } = this.#rollout;
    if (this.source === undefined) {
      if (promoted !== true || this.clone === undefined)
        throw new Broken('the source is gone, and nothing in its place');
      return;
    }
    if (state === 'running') throw new Broken('it neither ends nor waits for somebody');
    if ((state === 'aborted' || state === 'superseded') && promoted !== true) {
      if (closed !== true || this.clone !== undefined)
        throw new Broken('the clone of an aborted rollout is left');
      if (!this.source.exposed || this.source.isGoing) throw new Broken('an aborted rollout left its trace');
    }
    if (state === 'done' && keep !== true) throw new Broken('it is done, and the source is there');
  }

  #driver(index: number): Driver {
    const driver = this.#drivers[index % this.#drivers.length];
    if (driver === undefined) throw new Error('no driver');
    return driver;
  }

  // What must hold.

  #checkDecision(rollout: Rollout, { writes, blockers, wakeAt }: Decision): void {
    const { state, closed, promoted } = rollout;
    const isOver = closed === true || state === 'done' || (promoted === true && state === 'aborted');
    if (isOver) {
      if (writes.length > 0) throw new Broken(`what is over does ${writes[0]?.kind}`);
      return;
    }
    if (writes.length === 0 && blockers.length === 0)
      throw new Broken(`nothing says why it waits while ${state}`);
    if (state === 'running' && wakeAt === undefined) throw new Broken('no deadline is armed');
  }

  #check(before: Rollout): void {
    const { source, clone } = this;
    if (before.state === 'aborted' && this.#rollout.state !== 'aborted')
      throw new Broken('it is aborted no more');
    if (source === undefined) return;
    if (this.#rollout.promoted !== true) {
      for (const other of this.#others)
        if (source.relations.get(other) !== 'stands') throw new Broken(`${other} is unrelated to the source`);
      return;
    }
    if (clone === undefined || clone.isGoing) return;
    for (const [other, state] of source.relations)
      if (state === 'leaving' && !other.startsWith('lacks') && clone.relations.get(other) !== 'stands')
        throw new Broken(`${other} is related to none of both`);
    if (!source.exposed && !clone.exposed) throw new Broken('neither of both is exposed');
  }
}

function service(exposed: boolean): SimService {
  return { relations: new Map(), units: new Map(), asked: new Set(), exposed, isGoing: false };
}

function destroy(each: SimService): void {
  each.isGoing = true;
  for (const other of each.relations.keys()) each.relations.set(other, 'leaving');
  for (const name of each.units.keys()) each.asked.add(name);
}

function unit(name: string, formula: string | null, state: string, since: string): RolloutUnit {
  return {
    name,
    formula,
    agentUp: true,
    machine: 'm1',
    state,
    since,
    message: '',
    bad: [],
    relationsInError: [],
    leaving: false,
  };
}
