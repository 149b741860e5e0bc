import type { Node } from '../../state/coordination/coordinator.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { WatchedUnits } from '../progress/watch-units.js';
import { decide } from './decide.js';
import type { Decision, RolloutWrite } from './decision.js';
import { factsOf, MadeUnits } from './facts.js';
import { Judgements } from './judgements.js';
import { perform } from './perform.js';
import type { Performing } from './performing.js';
import { type KnownRollout, RolloutService } from './rollout-service.js';
import { StandingHolds } from './standing-holds.js';
import { RolloutUnits } from './watch-rollout-units.js';

/** A rollout as a driver sees it. */
export interface SeenRollout {
  readonly rollout: Rollout;
  readonly decision: Decision;
  readonly watched: WatchedUnits;
}

export interface Driving extends Performing {
  readonly clock: Clock;
  /** Milliseconds that what is to be written is left to another driver first, once that one wrote. */
  readonly patience: number;
}

/** Milliseconds after which one that lost a race decides again. */
const AFTER_RACE = 20;

/**
 * Drives the rollout of a service: whenever something changes, it is decided anew what is to be done, and done. There may be
 * any number of drivers, and each may end at any moment.
 *
 * What is written rests on units that were read after the rollout was, in the version that the write names. Each flag makes
 * a new version; so no driver writes that has not seen what the others asked. One that wrote itself knows what.
 * @param seen told after each look, first when everything is known; undefined: there is no rollout
 * @param failed called once, when something cannot be read; nothing is driven then
 */
export function driveRollout(
  parts: Driving,
  service: string,
  seen: (rollout: SeenRollout | undefined) => void,
  failed: (error: unknown) => void,
): { end(): void } {
  return new Driver(parts, service, seen, failed);
}

class Driver {
  readonly #parts: Driving;
  readonly #service: string;
  readonly #seen: (rollout: SeenRollout | undefined) => void;
  readonly #failed: (error: unknown) => void;
  readonly #about: RolloutService;
  #known: KnownRollout | undefined;
  readonly #made = new MadeUnits();
  readonly #holds = new StandingHolds();
  readonly #judgements = new Judgements();
  /** Of all units that are looked at. */
  #names: readonly string[] = [];
  #units: RolloutUnits | undefined;
  #watched: WatchedUnits | undefined;
  /** The version that this driver wrote last. */
  #own = -1;
  /** Somebody else wrote: all units are to be read anew before something is written. */
  #isForeign = false;
  /** The units that the last look would have asked, or asked no more. */
  #chosen: readonly string[] = [];
  #isBusy = false;
  #isStale = false;
  #patient: Timer | undefined;
  /** Another one drives. */
  #isPatient = false;
  #wake: Timer | undefined;
  /** The last look was to be followed by another at once. */
  #isAwake = false;
  #ended = false;

  constructor(
    parts: Driving,
    service: string,
    seen: (rollout: SeenRollout | undefined) => void,
    failed: (error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#service = service;
    this.#seen = seen;
    this.#failed = failed;
    this.#about = new RolloutService(
      parts.coordinator,
      service,
      (node) => {
        if (!this.#wroteIt(node)) this.#run(() => this.#refresh());
      },
      () => this.#watchUnits(),
    );
  }

  end(): void {
    this.#ended = true;
    this.#wake?.cancel();
    this.#patient?.cancel();
    this.#units?.end();
    this.#about.end();
  }

  /** Whether this is the rollout as this driver wrote it, and knows it. */
  #wroteIt(node: Node | undefined): boolean {
    return node !== undefined && node.version === this.#own && this.#known?.rollout.version === this.#own;
  }

  /** Runs one piece of work at a time; what is asked for meanwhile is done after it. */
  #run(work: () => Promise<void>): void {
    if (this.#ended) return;
    if (this.#isBusy) {
      this.#isStale = true;
      return;
    }
    this.#isBusy = true;
    work().then(
      () => {
        this.#isBusy = false;
        if (this.#isStale) {
          this.#isStale = false;
          this.#run(() => this.#refresh());
        } else this.#decide();
      },
      (error: unknown) => {
        if (this.#ended) return;
        this.end();
        this.#failed(error);
      },
    );
  }

  async #refresh(): Promise<void> {
    const before = this.#known?.rollout;
    const known = await this.#about.read();
    this.#known = known;
    if (this.#ended) return;
    if (known === undefined) {
      this.#seen(undefined);
      return;
    }
    const { rollout } = known;
    const isNews = before?.version !== rollout.version || before.value.life !== rollout.value.life;
    if (this.#units === undefined) this.#watchUnits();
    else if (isNews && rollout.version !== this.#own) {
      this.#isForeign = true;
      this.#isPatient = this.#parts.patience > 0;
      this.#units.heard(this.#chosen);
    }
  }

  /** They are read after the rollout is. */
  #watchUnits(): void {
    const { names } = this.#about;
    if (names === undefined || this.#known === undefined || this.#ended) return;
    this.#names = names;
    this.#units?.end();
    this.#watched = undefined;
    this.#units = new RolloutUnits(
      this.#parts,
      this.#names,
      (watched) => {
        this.#watched = watched;
        this.#decide();
      },
      (error) => {
        if (this.#ended) return;
        this.end();
        this.#failed(error);
      },
    );
  }

  #decide(): void {
    const [known, watched] = [this.#known, this.#watched];
    if (this.#ended || known === undefined || watched === undefined) return;
    const now = this.#parts.clock.now();
    const holds = this.#holds.of(known.allHolds, now);
    const facts = factsOf({ ...known, holds }, watched.units.values(), watched.agentsUp, this.#made);
    const decision = decide(known.rollout.value, facts, now, this.#judgements);
    this.#seen({ rollout: known.rollout.value, decision, watched });
    if (this.#ended) return;
    this.#arm(decision, now);
    this.#chosen = decision.writes.flatMap(unitsOf);
    if (!this.#isBusy) this.#write(known, decision, watched);
    this.#units?.attend({
      near: decision.units.filter(({ standing }) => !FAR.has(standing)).map(({ unit }) => unit.name),
      isAtRest:
        decision.writes.length === 0 && !decision.units.some(({ standing }) => ON_THEIR_WAY.has(standing)),
    });
  }

  #arm({ wakeAt }: Decision, now: number): void {
    this.#wake?.cancel();
    // One look sees all that time has changed by now. What is still to be done then waits for readings or other drivers.
    const isAtOnce = wakeAt !== undefined && wakeAt <= now;
    const isAgain = isAtOnce && this.#isAwake;
    this.#isAwake = isAtOnce;
    if (wakeAt === undefined || isAgain) return;
    this.#wake = this.#parts.clock.after(Math.max(1, wakeAt - now), () => this.#decide());
  }

  #write({ rollout }: KnownRollout, { writes }: Decision, watched: WatchedUnits): void {
    const [write] = writes;
    if (write === undefined) {
      this.#patient?.cancel();
      this.#patient = undefined;
      return;
    }
    if (this.#isPatient) {
      this.#patient ??= this.#parts.clock.after(this.#parts.patience, () => {
        this.#patient = undefined;
        this.#isPatient = false;
        this.#decide();
      });
      return;
    }
    if (!this.#isKnown(write, watched)) return;
    this.#run(async () => {
      const { clock } = this.#parts;
      const written = await perform(this.#parts, this.#service, rollout, write, clock.now());
      if (this.#ended) return;
      if (written === undefined) {
        this.#isForeign = true;
        this.#units?.heard(unitsOf(write));
        await new Promise<void>((resolve) => void clock.after(AFTER_RACE, resolve));
      } else {
        this.#own = rollout.version + 1;
        if (this.#known !== undefined && written.rollout !== undefined) {
          this.#known = { ...this.#known, rollout: { value: written.rollout, version: this.#own } };
          this.#units?.flagged(written.flags);
          return;
        }
      }
      if (!this.#ended) await this.#refresh();
    });
  }

  /** Whether all that a write rests on was read since it had to be; else it is read. */
  #isKnown(write: RolloutWrite, { recent }: WatchedUnits): boolean {
    const units = this.#units;
    if (units === undefined || !units.areRead) return false;
    const isLast = write.kind === 'state' && !recent;
    if (this.#isForeign || isLast) units.again(this.#names);
    else if (write.kind === 'flag') units.again(units.old(unitsOf(write)));
    this.#isForeign = false;
    return units.areRead;
  }
}

/** Standings of units that get further by themselves, and soon. */
const ON_THEIR_WAY: ReadonlySet<string> = new Set(['asked', 'settling', 'coming']);

/** Standings of units that are there, or wait for others or for somebody's word. */
const FAR: ReadonlySet<string> = new Set(['there', 'absent', 'out', 'held', 'waiting', 'unreadable']);

function unitsOf(write: RolloutWrite): readonly string[] {
  if (write.kind === 'flag') return write.units.map(({ name }) => name);
  return write.kind === 'unflag' ? write.units : [];
}
