import type { Coordinator, Node, Observation } from '../../state/coordination/coordinator.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Flag } from '../../state/model/request-schemas.js';
import { statusSchema, type UnitStatus } from '../../state/model/unit-schemas.js';
import { type Clock, pause, type Timer } from '../../state/platform/clock.js';
import { watchAgents } from '../progress/watch-agents.js';
import { PACES, paceOf, type WatchedUnits } from '../progress/watch-units.js';
import { readUnitStates, type UnitState } from '../status/snapshot.js';

/**
 * Units whose status is watched. Three times as many as a command watches that reads the rest of each too, for as many
 * watches.
 */
const MOST_WATCHED = 48;

/** Units of which all are watched, and read as soon as somebody else wrote. */
const FEW = 16;

/**
 * Milliseconds after which units on their way are read that have no watches, or of which none was heard: of many that go at
 * once, whoever follows them learns of the last ones only so.
 */
const UNHEARD_FOR = 250;

/** Every so many milliseconds some of all units are read, in turn, whatever they are at: a watch tells of most. */
const ROUND = { every: 5_000, units: 200 } as const;

/** Milliseconds for which what was read of a unit without a watch is good enough to ask it by. */
const FRESH_FOR = 5_000;

/** Milliseconds for which one that is through waits for others that end with it, so that the next are asked together. */
const TOGETHER = 25;

/**
 * Milliseconds for which nobody is told of units that only got further on their way: what they come to meanwhile is looked at
 * once. Where they are few, somebody may wait for each.
 */
const REST = { few: 1, many: 50 } as const;

/** What whoever looks at the units knows of them. */
export interface Outlook {
  /** The units that may change soon; the others wait for these, or are there. */
  readonly near: readonly string[];
  /** None is on its way, and nothing is to be done. */
  readonly isAtRest: boolean;
}

/**
 * Keeps a picture of a rollout's units up to date, for what a driver needs. It reads all of them once, and then those that
 * are on their way, so that what it costs does not grow with the waves. Those that wait for their turn are read in turn,
 * some every few seconds, and before they are asked.
 *
 * A status is taken as it is observed as long as the unit is on its way: formula and flag stay what they are until it has
 * committed. Once it is through, the unit is read as a whole, its status after its formula, so that a formula that was
 * just committed is never seen together with the status of before.
 */
export class RolloutUnits {
  readonly #coordinator: Coordinator;
  readonly #clock: Clock;
  readonly #names: readonly string[];
  readonly #look: (watched: WatchedUnits) => void;
  readonly #failed: (error: unknown) => void;
  readonly #units = new Map<string, UnitState | undefined>();
  /** When each was read last, by the clock's `monotonic()`. */
  readonly #readAt = new Map<string, number>();
  readonly #watched = new Map<string, Observation>();
  readonly #stale: Set<string>;
  /** By unit, the reading from which on it is as it has to be. */
  readonly #required = new Map<string, number>();
  /** By unit, the reading before which its flag is known better than by what was read. */
  readonly #notBefore = new Map<string, number>();
  readonly #agents: ReturnType<typeof watchAgents>;
  #near: readonly string[] = [];
  /** All were read since somebody was told. */
  #areAllRead = false;
  /** All were read since none is on its way and nothing is to be done. */
  #isSettled = false;
  /** Counts the readings. */
  #turn = 0;
  #isReading = false;
  #willTell = false;
  /** When somebody was told last, by the clock's `monotonic()`. */
  #toldAt = 0;
  #isRecent = false;
  #resting: Timer | undefined;
  #unheard: Timer | undefined;
  #gathered: Timer | undefined;
  #round: Timer | undefined;
  #next = 0;
  #ended = false;

  /**
   * @param parts.clock by which it waits until it reads again
   * @param look told after each change, first when all is known
   * @param failed called at most once, when a reading fails; the picture stands still then
   */
  constructor(
    { coordinator, clock }: { readonly coordinator: Coordinator; readonly clock: Clock },
    names: readonly string[],
    look: (watched: WatchedUnits) => void,
    failed: (error: unknown) => void,
  ) {
    this.#coordinator = coordinator;
    this.#clock = clock;
    this.#names = names;
    this.#look = look;
    this.#failed = failed;
    this.#stale = new Set(names);
    this.#agents = watchAgents(coordinator, () => this.#tellSoon());
    this.#lookAgain(names);
    this.#goRound();
  }

  end(): void {
    this.#ended = true;
    for (const timer of [this.#unheard, this.#gathered, this.#round, this.#resting]) timer?.cancel();
    this.#agents.end();
    for (const observation of this.#watched.values()) observation.close();
  }

  /** Has units read anew: until they were, they are not as they have to be. */
  again(names: readonly string[]): void {
    for (const name of names) this.#required.set(name, this.#turn + 1);
    this.#lookAgain(names);
  }

  /** Whether every unit was read since it had to be. */
  get areRead(): boolean {
    return this.#required.size === 0;
  }

  /** Those of which nobody knows how they are now. */
  old(names: readonly string[]): readonly string[] {
    const since = this.#clock.monotonic() - FRESH_FOR;
    return names.filter((name) => !this.#watched.has(name) && (this.#readAt.get(name) ?? 0) < since);
  }

  /** Somebody else wrote. @param chosen the units that a driver would have asked next, as that one likely did */
  heard(chosen: readonly string[]): void {
    this.again(this.#isFew ? this.#names : [...new Set([...this.#near, ...chosen])]);
  }

  /** Takes down flags that were just written, or taken off: they need not be read. */
  flagged(flags: ReadonlyMap<string, Flag | undefined>): void {
    for (const [name, flag] of flags) {
      const state = this.#units.get(name);
      if (state !== undefined) this.#units.set(name, { ...state, flag });
      this.#notBefore.set(name, this.#turn + 1);
    }
  }

  get #isFew(): boolean {
    return this.#names.length <= FEW;
  }

  /** After what is told of in the same turn, of several watches, mostly. */
  #tellSoon(): void {
    if (this.#willTell || this.#ended) return;
    this.#willTell = true;
    const rest = this.#toldAt + REST[this.#isFew ? 'few' : 'many'] - this.#clock.monotonic();
    const tell = (): void => {
      if (this.#willTell) this.#tell(false);
    };
    if (rest < 1) setImmediate(tell);
    else this.#resting = this.#clock.after(rest, tell);
  }

  #tell(areAllRead: boolean): void {
    this.#willTell = false;
    this.#resting?.cancel();
    // Where there are no units, all of them were read.
    this.#areAllRead ||= areAllRead || this.#names.length === 0;
    if (this.#ended || !this.#agents.areKnown() || this.#units.size < this.#names.length) return;
    this.#isRecent = this.#areAllRead || this.#isSettled;
    this.#areAllRead = false;
    this.#look({ units: this.#units, ...this.#agents.known(), recent: this.#isRecent });
    this.#toldAt = this.#clock.monotonic();
  }

  /** What is to be watched from now on. */
  attend({ near, isAtRest }: Outlook): void {
    if (this.#ended) return;
    this.#near = near;
    this.#isSettled = isAtRest && this.#isRecent;
    this.#watch(this.#isFew ? this.#names : near);
    if (isAtRest && !this.#isRecent) this.#lookAgain(this.#names);
  }

  /** Watches some of these; those that are watched already stay so. */
  #watch(wanted: readonly string[]): void {
    const kept = new Set(wanted);
    for (const [name, observation] of this.#watched) {
      if (kept.has(name)) continue;
      this.#watched.delete(name);
      observation.close();
    }
    for (const name of wanted) {
      if (this.#watched.size >= MOST_WATCHED) return;
      if (this.#watched.has(name)) continue;
      this.#watched.set(
        name,
        this.#coordinator.observe(paths.status(name), (node) => this.#saw(name, node)),
      );
    }
  }

  #saw(name: string, node: Node | undefined): void {
    const state = this.#units.get(name);
    const status = parseSound(paths.status(name), statusSchema, node, [])?.value;
    if (status !== undefined && status === state?.status) return;
    if (state === undefined || status === undefined || !isOnItsWay(status)) {
      this.#gather(name);
      return;
    }
    this.#units.set(name, { ...state, status });
    // A reading that began before may bring what was before.
    if (this.#isReading) this.#lookAgain([name]);
    this.#tellSoon();
  }

  #gather(name: string): void {
    this.#stale.add(name);
    if (this.#near.every((each) => this.#stale.has(each))) this.#lookAgain([]);
    else this.#gathered ??= this.#clock.after(TOGETHER, () => this.#lookAgain([]));
  }

  #lookAgain(names: readonly string[]): void {
    for (const name of names) this.#stale.add(name);
    if (this.#isReading || this.#ended || this.#stale.size === 0) return;
    this.#isReading = true;
    this.#unheard?.cancel();
    this.#gathered?.cancel();
    this.#gathered = undefined;
    setImmediate(() => {
      this.#read().catch((error: unknown) => {
        if (this.#ended) return;
        this.end();
        this.#failed(error);
      });
    });
  }

  async #read(): Promise<void> {
    while (this.#stale.size > 0 && !this.#ended) {
      const batch = [...new Set([...this.#stale, ...this.#unwatched()])];
      this.#stale.clear();
      this.#turn += 1;
      const states = await readUnitStates(this.#coordinator, batch);
      // To ask the system for the processor's time at each reading would cost as much as a small one.
      const before = this.#clock.monotonic();
      for (const [index, name] of batch.entries()) this.#take(name, states[index]);
      this.#tell(batch.length === this.#names.length);
      const took = this.#clock.monotonic() - before;
      // Changes that come together are read once.
      const { least, rest } = PACES[paceOf(this.#near.length)];
      if (!this.#ended && this.#near.length > 0) await pause(this.#clock, Math.max(least, rest * took));
    }
    this.#isReading = false;
    if (!this.#ended && this.#unwatched().length > 0)
      this.#unheard = this.#clock.after(UNHEARD_FOR, () => this.#lookAgain(this.#unwatched()));
  }

  #take(name: string, state: UnitState | undefined): void {
    if ((this.#notBefore.get(name) ?? 0) > this.#turn) {
      this.#stale.add(name);
      return;
    }
    this.#notBefore.delete(name);
    this.#units.set(name, state);
    this.#readAt.set(name, this.#clock.monotonic());
    if ((this.#required.get(name) ?? 0) <= this.#turn) this.#required.delete(name);
  }

  #unwatched(): readonly string[] {
    return this.#near.filter((name) => !this.#watched.has(name));
  }

  #goRound(): void {
    this.#round = this.#clock.after(ROUND.every, () => {
      const end = this.#next + ROUND.units;
      this.#lookAgain(this.#names.slice(this.#next, end));
      this.#next = end >= this.#names.length ? 0 : end;
      this.#goRound();
    });
  }
}

/** Its formula and its flag stay what they are, or it is told otherwise by another status. */
function isOnItsWay({ state, upgrade }: UnitStatus): boolean {
  return upgrade !== undefined && (state === 'upgrading' || state === 'started');
}
