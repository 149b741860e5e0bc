import type { Node, Observation } from '../../state/coordination/coordinator.js';
import { type Entity, parseEntity, parseSound } from '../../state/model/entity.js';
import { type Hold, holdsSchema, standingHolds } from '../../state/model/hold.js';
import { compareUnits, paths, unitOfNode } from '../../state/model/paths.js';
import { type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import { type UnitWatch, type WatchedUnits, watchUnits } from '../progress/watch-units.js';
import { decide } from './decide.js';
import type { Decision } from './decision.js';
import { factsOf, type ServiceFacts } from './facts.js';
import { perform } from './perform.js';
import type { Performing } from './performing.js';
import { readClone } from './read-clone.js';

/** A rollout as a driver sees it. */
export interface SeenRollout {
  readonly rollout: Rollout;
  readonly decision: Decision;
  readonly watched: WatchedUnits;
}

export interface Driving extends Performing {
  readonly clock: Clock;
  /** Milliseconds that what is to be written is left to another driver first: 0 for a leader, and where none leads. */
  readonly patience: number;
}

/** Milliseconds after which one that lost a race decides again. */
const AFTER_RACE = 20;

/** What is known of the service besides its units. */
interface Known extends ServiceFacts {
  readonly rollout: Entity<Rollout>;
}

/** With strategy `clone`: the clone, its units, and what is observed of it and of its source besides their units. */
interface WatchedClone {
  readonly name: string;
  /** Undefined until they are known. */
  units?: readonly string[];
  readonly observations: readonly Observation[];
}

/**
 * Drives the rollout of a service: whenever something changes, it is decided anew what is to be done, and done. There may be
 * any number of drivers, and each may end at any moment.
 *
 * What is written rests on units that were read after the rollout was, in the version that the write names. Each flag makes
 * a new version; so no driver writes that has not seen what the others asked. One that wrote itself knows what, and reads
 * only those units anew.
 * @param seen told after each look, first when everything is known; undefined: there is no rollout
 * @param failed called once, when something cannot be read; nothing is driven then
 */
export function driveRollout(
  parts: Driving,
  service: string,
  seen: (rollout: SeenRollout | undefined) => void,
  failed: (error: unknown) => void,
): { end(): void } {
  const driver = new Driver(parts, service, seen, failed);
  driver.begin();
  return driver;
}

class Driver {
  #known: Known | undefined;
  #ofService: readonly string[] | undefined;
  /** All units that are looked at. */
  #names: readonly string[] | undefined;
  #watch: UnitWatch | undefined;
  #watched: WatchedUnits | undefined;
  #observations: Observation[] = [];
  #clone: WatchedClone | undefined;
  /** The version that this driver wrote last. */
  #own = -1;
  /** By unit, the turn of reading that must be over before it is decided by. */
  #required = new Map<string, number>();
  /** Somebody else wrote: all units are to be read anew before something is written. */
  #isForeign = false;
  #isBusy = false;
  #isStale = false;
  #patient: Timer | undefined;
  #isPatient: boolean;
  #wake: Timer | undefined;
  #ended = false;
  readonly #parts: Driving;
  readonly #service: string;
  readonly #seen: (rollout: SeenRollout | undefined) => void;
  readonly #failed: (error: unknown) => void;

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
    this.#isPatient = parts.patience > 0;
  }

  begin(): void {
    const { coordinator } = this.#parts;
    const refresh = (): void => this.#run(() => this.#refresh());
    this.#observations = [
      coordinator.observe(paths.rollout(this.#service), refresh),
      coordinator.observe(paths.service(this.#service), refresh),
      coordinator.observe(paths.hold(this.#service), refresh),
      coordinator.observeChildren(paths.serviceUnits(this.#service), (nodes) => {
        this.#ofService = (nodes ?? []).map(unitOfNode).sort(compareUnits);
        this.#watchUnits();
      }),
    ];
  }

  /** The clone's units are looked at beside the service's own, and so is to what both are related. */
  #watchClone(name: string | undefined): void {
    if (this.#clone?.name === name) return;
    for (const observation of this.#clone?.observations ?? []) observation.close();
    this.#clone = undefined;
    if (name === undefined) {
      this.#watchUnits();
      return;
    }
    const { coordinator } = this.#parts;
    const refresh = (): void => this.#run(() => this.#refresh());
    const observations: Observation[] = [];
    const clone: WatchedClone = { name, observations };
    this.#clone = clone;
    observations.push(
      coordinator.observe(paths.service(name), refresh),
      coordinator.observe(paths.exposed(this.#service), refresh),
      coordinator.observeChildren(paths.serviceRelations(this.#service), refresh),
      coordinator.observeChildren(paths.serviceRelations(name), refresh),
      coordinator.observeChildren(paths.serviceUnits(name), (nodes) => {
        clone.units = (nodes ?? []).map(unitOfNode).sort(compareUnits);
        this.#watchUnits();
      }),
    );
  }

  end(): void {
    this.#ended = true;
    this.#wake?.cancel();
    this.#patient?.cancel();
    this.#watch?.end();
    for (const observation of this.#observations) observation.close();
    for (const observation of this.#clone?.observations ?? []) observation.close();
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

  /** The service is read after the rollout: one that begins sets both, so a service of before is never seen with it. */
  async #refresh(): Promise<void> {
    const { coordinator, clock } = this.#parts;
    const [path, servicePath, holdPath] = [
      paths.rollout(this.#service),
      paths.service(this.#service),
      paths.hold(this.#service),
    ];
    const [rolloutNode, serviceNode, holdNode] = await coordinator.getMany([path, servicePath, holdPath]);
    const rollout = parseEntity(path, rolloutSchema, rolloutNode);
    const found = parseEntity(servicePath, serviceSchema, serviceNode);
    if (rollout === undefined || found === undefined) {
      this.#known = undefined;
      if (!this.#ended) this.#seen(undefined);
      return;
    }
    const holds = holdsIn(holdPath, holdNode, rollout.value);
    const before = this.#known?.rollout;
    const clone = await readClone(coordinator, this.#service, found.value, rollout.value);
    if (this.#ended) return;
    const isNews = before?.version !== rollout.version || before.value.life !== rollout.value.life;
    if (isNews && rollout.version !== this.#own) this.#isForeign = true;
    this.#known = {
      service: this.#service,
      formula: found.value.formula,
      holds: standingHolds(holds, clock.now()),
      rollout,
      clone,
    };
    this.#watchClone(rollout.value.clone?.service);
  }

  #watchUnits(): void {
    const clone = this.#clone;
    if (this.#ofService === undefined || this.#ended) return;
    if (clone !== undefined && clone.units === undefined) return;
    this.#names = [...(clone?.units ?? []), ...this.#ofService];
    this.#watch?.end();
    this.#watched = undefined;
    this.#required.clear();
    this.#watch = watchUnits(
      this.#parts.coordinator,
      this.#names,
      (watched) => {
        this.#watched = watched;
        return this.#decide();
      },
      (error) => {
        if (this.#ended) return;
        this.end();
        this.#failed(error);
      },
    );
  }

  /** @returns the units that may still change by themselves */
  #decide(): readonly string[] {
    const [known, watched] = [this.#known, this.#watched];
    if (this.#ended || known === undefined || watched === undefined) return this.#names ?? [];
    const now = this.#parts.clock.now();
    const facts = factsOf(known, watched.units.values(), watched.agentsUp);
    const decision = decide(known.rollout.value, facts, now);
    this.#seen({ rollout: known.rollout.value, decision, watched });
    if (this.#ended) return [];
    this.#arm(decision, now);
    if (!this.#isBusy) this.#write(known, decision, watched);
    return decision.units.filter(({ standing }) => !AT_REST.has(standing)).map(({ unit }) => unit.name);
  }

  #arm({ wakeAt }: Decision, now: number): void {
    this.#wake?.cancel();
    if (wakeAt === undefined) return;
    this.#wake = this.#parts.clock.after(Math.max(1, wakeAt - now), () => void this.#decide());
  }

  #write({ rollout }: Known, { writes }: Decision, watched: WatchedUnits): void {
    const [write] = writes;
    if (write === undefined) {
      this.#patient?.cancel();
      this.#patient = undefined;
      this.#isPatient = this.#parts.patience > 0;
      return;
    }
    if (this.#isPatient) {
      this.#patient ??= this.#parts.clock.after(this.#parts.patience, () => {
        this.#isPatient = false;
        this.#decide();
      });
      return;
    }
    const isLast = write.kind === 'state' && !watched.recent;
    if (this.#isForeign || (isLast && this.#required.size === 0)) this.#readAgain(this.#names ?? []);
    this.#isForeign = false;
    if (!this.#isRead(watched)) return;
    this.#run(async () => {
      const { clock } = this.#parts;
      const written = await perform(this.#parts, this.#service, rollout, write, clock.now());
      if (written === undefined) {
        this.#isForeign = true;
        await new Promise<void>((resolve) => void clock.after(AFTER_RACE, resolve));
      } else {
        this.#own = rollout.version + 1;
        this.#readAgain(written);
      }
      if (!this.#ended) await this.#refresh();
    });
  }

  #readAgain(names: readonly string[]): void {
    const turn = this.#watch?.again(names) ?? 0;
    for (const name of names) this.#required.set(name, turn);
  }

  /** Whether every unit was read since it had to be. */
  #isRead({ turns }: WatchedUnits): boolean {
    for (const [name, turn] of this.#required) {
      if ((turns?.get(name) ?? 0) < turn) return false;
      this.#required.delete(name);
    }
    return true;
  }
}

/** Nobody knows what is held where that cannot be read; by force it does not matter. @throws NodeInvalid */
function holdsIn(path: string, node: Node | undefined, { force }: Rollout): readonly Hold[] {
  const holds =
    force === true ? parseSound(path, holdsSchema, node, []) : parseEntity(path, holdsSchema, node);
  return holds?.value.holds ?? [];
}

/** Standings that an event of others ends, if anything does. */
const AT_REST: ReadonlySet<string> = new Set(['there', 'absent', 'out', 'held']);
