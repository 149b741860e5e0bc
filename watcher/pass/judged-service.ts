import type { Session } from '../../control/session.js';
import type { Coordinator, Node, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound, VersionConflict } from '../../state/coordination/errors.js';
import { writingBy } from '../../state/coordination/writing-by.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { policyText } from '../../state/model/upgrade-policy.js';
import { watcherStateSchema } from '../../state/model/watcher.js';
import type { ObservedService } from './observe.js';

/**
 * A service is not any more what it was judged as, or nothing is to be looked at: what was about to be done is not done. No
 * `EnsembleError`, since it is no failure.
 */
export class NotAsJudged extends Error {
  /** @param isPaused operators want nothing looked at; else it is looked at anew, as it is now */
  constructor(
    readonly service: string,
    what: string,
    readonly isPaused = false,
  ) {
    super(`${service} is not what it was judged as: ${what}`);
  }
}

/** How often a write is tried again because what it checks was written meanwhile, and is as it was judged. */
const MOST_TRIES = 60;

/**
 * A service as it was judged: this life of it, from that repository, with that policy and that formula, while the watcher is
 * not paused. Whatever is done for it goes by its `session`: each reading of the service, and each write of anything, is
 * refused where that does not hold any more. The check goes with the write, in one transaction.
 */
export class JudgedService {
  /** The session, by which nothing is written for a service that has become another. */
  readonly session: Session;
  /** The version of the service's node that was last seen to be as it was judged. */
  #version: number;
  /** That of the watcher's state when it was last seen not to be paused; undefined until it is read. */
  #stateVersion: number | undefined;
  /** The formula that it was judged with, and those that are set through this. */
  readonly #formulas: Set<string>;
  readonly #observed: ObservedService;
  readonly #coordinator: Coordinator;
  readonly #path: string;

  /** @param session of the watcher, whose writes are refused once another one leads */
  constructor(session: Session, observed: ObservedService) {
    this.#observed = observed;
    this.#version = observed.version;
    this.#formulas = new Set([observed.service.formula]);
    this.#coordinator = session.coordinator;
    this.#path = paths.service(observed.name);
    this.session = { ...session, coordinator: this.#judgedCoordinator() };
  }

  /** Reads it anew. @throws NotAsJudged where it has become another, or operators paused the watcher */
  async verify(): Promise<void> {
    const [node, state] = await this.#coordinator.getMany([this.#path, paths.watcherState]);
    const read = parseSound(paths.watcherState, watcherStateSchema, state, []);
    if (read?.value.paused !== undefined)
      throw new NotAsJudged(this.#observed.name, 'the watcher is paused', true);
    this.#stateVersion = state?.version;
    this.#accept(node);
  }

  #judgedCoordinator(): Coordinator {
    const written = writingBy(this.#coordinator, (operations) => this.#write(operations));
    const seen = (path: string, node: Node | undefined): Node | undefined => {
      if (path === this.#path) this.#accept(node);
      return node;
    };
    return {
      ...written,
      get: async (path) => seen(path, await this.#coordinator.get(path)),
      getMany: async (all) =>
        (await this.#coordinator.getMany(all)).map((node, index) => seen(all[index] ?? '', node)),
    };
  }

  #accept(node: Node | undefined): void {
    const { name, service: judged } = this.#observed;
    const read = parseSound(this.#path, serviceSchema, node, []);
    const what = read === undefined ? 'it is gone' : this.#differenceOf(judged, read.value);
    if (read === undefined || what !== undefined) throw new NotAsJudged(name, what ?? '');
    this.#version = read.version;
  }

  #differenceOf(judged: Service, now: Service): string | undefined {
    if (now.incarnation !== judged.incarnation) return 'it is another life of that name';
    if (now.destroying === true) return 'it is on its way out';
    if (now.repository.path !== judged.repository.path) return 'it looks elsewhere';
    if (policyText(now.policy) !== policyText(judged.policy)) return 'its policy is another one';
    return this.#formulas.has(now.formula) ? undefined : 'its formula is another one';
  }

  /** Whoever sets the service itself reads it before, and has to read it again; for all else its version is checked here. */
  async #write(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    const own = operations.find(({ path }) => path === this.#path);
    if (own?.kind === 'set') this.#acceptFormulaOf(own.value);
    const isChecked = own !== undefined && own.kind !== 'create' && own.version !== undefined;
    if (this.#stateVersion === undefined) await this.verify();
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#coordinator.transaction([...this.#checks(isChecked), ...operations]);
        return;
      } catch (error) {
        const isConflict = error instanceof VersionConflict || error instanceof NodeNotFound;
        if (!isConflict || ![this.#path, paths.watcherState].includes(error.path)) throw error;
        await this.verify();
        if ((isChecked && error.path === this.#path) || tries === MOST_TRIES) throw error;
      }
    }
  }

  #checks(isChecked: boolean): readonly Operation[] {
    const state: readonly Operation[] =
      this.#stateVersion === undefined
        ? []
        : [{ kind: 'check', path: paths.watcherState, version: this.#stateVersion }];
    return isChecked ? state : [...state, { kind: 'check', path: this.#path, version: this.#version }];
  }

  /** Also where the answer to that write is lost. */
  #acceptFormulaOf(value: string): void {
    const written = parseSound(this.#path, serviceSchema, { value, version: 0, ephemeral: false }, []);
    if (written !== undefined) this.#formulas.add(written.value.formula);
  }
}
