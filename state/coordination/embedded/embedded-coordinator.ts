import type { Coordinator, Node, Observation, Operation, SessionEvent } from '../coordinator.js';
import { CoordinatorUnreachable } from '../errors.js';
import { endSessions } from './leases.js';
import { nodeOf } from './observers.js';
import { checkPath } from './paths.js';
import { checkSize } from './request-size.js';
import type { Requests } from './requests.js';
import { type Session, SessionOver } from './session.js';
import { Staging } from './staging.js';
import type { Store } from './store.js';
import type { Tables } from './tables.js';
import type { Terms } from './terms.js';
import type { View } from './view.js';
import type { Vigil } from './vigil.js';

/** How long `close()` waits for requests that have no time limit of their own, in milliseconds. */
const CLOSING_TIMEOUT = 10_000;

/** A client of the embedded store. */
export class EmbeddedCoordinator implements Coordinator {
  readonly #store: Store;
  readonly #session: Session;
  readonly #requests: Requests;
  readonly #vigil: Vigil;
  readonly #terms: Terms;
  readonly #observations = new Set<Observation>();
  #closed: Promise<void> | undefined;

  constructor(store: Store, session: Session, requests: Requests, vigil: Vigil, terms: Terms) {
    this.#store = store;
    this.#session = session;
    this.#requests = requests;
    this.#vigil = vigil;
    this.#terms = terms;
  }

  get(path: string): Promise<Node | undefined> {
    return this.#read([path], (view) => nodeAt(view, path));
  }

  getMany(paths: readonly string[]): Promise<readonly (Node | undefined)[]> {
    return this.#read(paths, (view) => paths.map((path) => nodeAt(view, path)));
  }

  children(path: string): Promise<readonly string[] | undefined> {
    return this.#read([path], (view) => view.names(path));
  }

  async #read<T>(paths: readonly string[], look: (view: View) => T): Promise<T> {
    for (const path of paths) checkPath(path);
    this.#refuseIfClosed();
    // While this process was stopped, another one may have ended its session. Restore that before anybody sees
    // anything.
    if (this.#session.isEnded(this.#store.newest())) await this.#vigil.replaceSession();
    return this.#requests.read(look);
  }

  async create(path: string, value: string, options: { readonly ephemeral?: boolean } = {}): Promise<void> {
    await this.#write([{ kind: 'create', path, value, ...options }]);
  }

  set(path: string, value: string, version?: number): Promise<number> {
    return this.#write([{ kind: 'set', path, value, ...(version !== undefined && { version }) }]);
  }

  async remove(path: string, version?: number): Promise<void> {
    await this.#write([{ kind: 'remove', path, ...(version !== undefined && { version }) }]);
  }

  async transaction(operations: readonly Operation[]): Promise<void> {
    await this.#write(operations);
  }

  /** Returns the version of the node of the last operation. */
  async #write(operations: readonly Operation[]): Promise<number> {
    for (const { path } of operations) checkPath(path);
    checkSize(operations);
    this.#refuseIfClosed();
    return this.#requests.track(this.#apply(operations));
  }

  async #apply(operations: readonly Operation[]): Promise<number> {
    const isHolding = operations.some((operation) => operation.kind === 'create' && operation.ephemeral);
    const path = operations.at(-1)?.path ?? '/';
    for (;;) {
      try {
        const { isChanged, version } = await this.#requests.write(path, (tables) => {
          this.#endOverdue(tables);
          const staging = new Staging(tables);
          for (const operation of operations) staging.stage(operation, this.#session.id);
          if (isHolding) this.#session.hold(tables);
          return { isChanged: staging.write(), version: staging.node(path)?.[1] ?? 0 };
        });
        this.#session.changed(operations);
        if (isHolding) this.#vigil.beat();
        if (isChanged) this.#store.announce();
        return version;
      } catch (error) {
        if (!(error instanceof SessionOver)) throw error;
        await this.#vigil.replaceSession();
      }
    }
  }

  /** No read shows their ephemerals any more, so none may stand in the way of a write. */
  #endOverdue(tables: Tables): void {
    const sessions = this.#store.overdue(tables);
    if (sessions.length > 0) endSessions(tables, sessions);
  }

  observe(path: string, look: (node: Node | undefined) => void): Observation {
    checkPath(path);
    return this.#observation(() => this.#store.observers.observe(path, look));
  }

  observeChildren(path: string, look: (children: readonly string[] | undefined) => void): Observation {
    checkPath(path);
    return this.#observation(() => this.#store.observers.observeChildren(path, look));
  }

  #observation(begin: () => Observation): Observation {
    // An observer that begins while the client closes is told nothing.
    if (this.#closed !== undefined) return { close: () => {} };
    this.#store.listen();
    const running = begin();
    const observation: Observation = {
      close: () => {
        running.close();
        this.#observations.delete(observation);
      },
    };
    this.#observations.add(observation);
    return observation;
  }

  onSession(listener: (event: SessionEvent) => void): () => void {
    return this.#vigil.onSession(listener);
  }

  savedSession(): string {
    return this.#session.id;
  }

  close({ keepSession = false }: { readonly keepSession?: boolean } = {}): Promise<void> {
    this.#closed ??= this.#end(keepSession);
    return this.#closed;
  }

  async #end(keepSession: boolean): Promise<void> {
    for (const observation of this.#observations) observation.close();
    this.#vigil.end();
    await new Promise<void>((resolve, reject) => {
      const timeLimit = this.#terms.clock.after(CLOSING_TIMEOUT, () => {
        // Node's own exit would wait for that thread, silently and without limit.
        if (this.#store.isInLmdb) process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
        resolve();
      });
      this.#finish(keepSession)
        .finally(() => timeLimit.cancel())
        .then(resolve, reject);
    });
  }

  async #finish(keepSession: boolean): Promise<void> {
    await this.#requests.settled();
    if (this.#session.isLeased && !keepSession) await this.#endSession();
    await this.#store.leave();
  }

  async #endSession(): Promise<void> {
    try {
      const haveVanished = await this.#requests.write('/', (tables) => this.#session.end(tables));
      if (haveVanished) this.#store.announce();
    } catch {
      // A store that cannot be written: the session ends when its time runs out.
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed !== undefined)
      throw new CoordinatorUnreachable({
        coordinator: this.#terms.url,
        reason: 'this client of it was closed',
      });
  }
}

/** The node at a path, as of the tables' moment. */
export function nodeAt(view: View, path: string): Node | undefined {
  const record = view.node(path);
  return record && nodeOf(record);
}
