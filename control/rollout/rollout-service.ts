import type { Coordinator, Node, Observation } from '../../state/coordination/coordinator.js';
import { type Entity, parseEntity, parseSound } from '../../state/model/entity.js';
import { type Hold, holdsSchema } from '../../state/model/hold.js';
import { compareUnits, paths, unitOfNode } from '../../state/model/paths.js';
import { type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { ServiceFacts } from './facts.js';
import { readClone } from './read-clone.js';

/** A rollout, and what is known of its service besides the units. */
export interface KnownRollout extends Omit<ServiceFacts, 'holds'> {
  /** All of them, also those that are over: whoever looks goes by those that stand then. */
  readonly allHolds: readonly Hold[];
  readonly rollout: Entity<Rollout>;
}

/** The clone, its units, and what is observed of it and of its source besides their units. */
interface WatchedClone {
  readonly name: string;
  /** Undefined until they are known. */
  units?: readonly string[];
  readonly observations: readonly Observation[];
}

/** Watches what a rollout is decided by besides its units, and which units those are. */
export class RolloutService {
  readonly #coordinator: Coordinator;
  readonly #service: string;
  readonly #told: (rollout?: Node) => void;
  readonly #units: () => void;
  readonly #observations: readonly Observation[];
  #ofService: readonly string[] | undefined;
  #clone: WatchedClone | undefined;
  #isEnded = false;

  /**
   * @param told called with the rollout's node after each of its changes, and without it after any other
   * @param units called whenever the units are other ones
   */
  constructor(coordinator: Coordinator, service: string, told: (rollout?: Node) => void, units: () => void) {
    this.#coordinator = coordinator;
    this.#service = service;
    this.#told = told;
    this.#units = units;
    const changed = (): void => this.#told();
    this.#observations = [
      coordinator.observe(paths.rollout(service), (node) => this.#told(node)),
      coordinator.observe(paths.service(service), changed),
      coordinator.observe(paths.hold(service), changed),
      coordinator.observeChildren(paths.serviceUnits(service), (nodes) => {
        this.#ofService = unitsIn(nodes);
        this.#tellUnits();
      }),
    ];
  }

  end(): void {
    this.#isEnded = true;
    for (const observation of [...this.#observations, ...(this.#clone?.observations ?? [])])
      observation.close();
  }

  /**
   * Reads the service after the rollout: one that begins sets both, so a service of before is never seen with it.
   * @returns undefined where there is no rollout, or no service
   * @throws NodeInvalid
   */
  async read(): Promise<KnownRollout | undefined> {
    const [coordinator, service] = [this.#coordinator, this.#service];
    const [path, servicePath, holdPath] = [
      paths.rollout(service),
      paths.service(service),
      paths.hold(service),
    ];
    const [rolloutNode, serviceNode, holdNode] = await coordinator.getMany([path, servicePath, holdPath]);
    const rollout = parseEntity(path, rolloutSchema, rolloutNode);
    const found = parseEntity(servicePath, serviceSchema, serviceNode);
    if (rollout === undefined || found === undefined) return undefined;
    const allHolds = holdsIn(holdPath, holdNode, rollout.value);
    const clone = await readClone(coordinator, service, found.value, rollout.value);
    if (!this.#isEnded) this.#watchClone(rollout.value.clone?.service);
    const { formula } = found.value;
    return { service, formula, allHolds, rollout, clone };
  }

  /** The clone's units are looked at beside the service's own, and so is to what both are related. */
  #watchClone(name: string | undefined): void {
    if (this.#clone?.name === name) return;
    for (const observation of this.#clone?.observations ?? []) observation.close();
    this.#clone = undefined;
    if (name === undefined) {
      this.#tellUnits();
      return;
    }
    const [coordinator, service] = [this.#coordinator, this.#service];
    const changed = (): void => this.#told();
    const observations: Observation[] = [];
    const clone: WatchedClone = { name, observations };
    this.#clone = clone;
    observations.push(
      coordinator.observe(paths.service(name), changed),
      coordinator.observe(paths.exposed(service), changed),
      coordinator.observeChildren(paths.serviceRelations(service), changed),
      coordinator.observeChildren(paths.serviceRelations(name), changed),
      coordinator.observeChildren(paths.serviceUnits(name), (nodes) => {
        clone.units = unitsIn(nodes);
        this.#tellUnits();
      }),
    );
  }

  /** The units, those of the clone first; undefined until all are known. */
  get names(): readonly string[] | undefined {
    const clone = this.#clone;
    if (this.#ofService === undefined || (clone !== undefined && clone.units === undefined)) return undefined;
    return [...(clone?.units ?? []), ...this.#ofService];
  }

  #tellUnits(): void {
    if (this.names !== undefined) this.#units();
  }
}

function unitsIn(nodes: readonly string[] | undefined): readonly string[] {
  return (nodes ?? []).map(unitOfNode).sort(compareUnits);
}

/** Nobody knows what is held where that cannot be read; by force it does not matter. @throws NodeInvalid */
function holdsIn(path: string, node: Node | undefined, { force }: Rollout): readonly Hold[] {
  const holds =
    force === true ? parseSound(path, holdsSchema, node, []) : parseEntity(path, holdsSchema, node);
  return holds?.value.holds ?? [];
}
