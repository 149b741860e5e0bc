import { type Clock, systemClock } from '../../platform/clock.js';
import type {
  Coordinator,
  CoordinatorOptions,
  Node,
  Observation,
  Operation,
  Protection,
  SessionEvent,
} from '../coordinator.js';
import { AccessDenied, CoordinatorUnreachable, NodeExists } from '../errors.js';
import { FULL_LOOK, lookAtIntervals } from '../full-look.js';
import { Ephemerals } from './ephemerals.js';
import { Looks } from './looks.js';
import { ownChanges } from './own-changes.js';
import { parentOf } from './paths.js';
import { Requests } from './requests.js';
import { formatSession, parseSession } from './saved-session.js';
import { Session } from './session.js';
import { type StatedNode, Tree } from './tree.js';
import type { ZookeeperAddress } from './url.js';
import { Watches } from './watches.js';

/** Callers see this in the place of a root that is not made yet. */
const EMPTY_ROOT: Node = { value: '', version: 0, ephemeral: false };

const DEFAULT_TIMEOUT = 10_000;
/** Session times are sent as 32 bits. */
const LONGEST_SESSION = 0x7fff_ffff;

/**
 * The coordinator on ZooKeeper. This file only joins the parts: the session keeps a connection, requests flow over
 * it, the tree makes them of the contract's calls, watches and ephemerals survive what the session does not.
 */
export class ZookeeperCoordinator implements Coordinator {
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #session: Session;
  readonly #requests: Requests;
  readonly #tree: Tree;
  readonly #nodes: Watches<Node | undefined>;
  readonly #names: Watches<readonly string[] | undefined>;
  readonly #ephemerals: Ephemerals;
  readonly #endFullLooks: () => void;
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  #everAttached = false;
  #rooted: Promise<void> | undefined;
  #isRooted = false;
  #planting: Promise<void> | undefined;
  #isPlanted = false;
  readonly protection: Protection | undefined;
  readonly #address: ZookeeperAddress;

  constructor(address: ZookeeperAddress, options: CoordinatorOptions) {
    this.#address = address;
    const { secret, session, recognise } = options;
    this.#clock = options.clock ?? systemClock;
    this.#timeout = options.requestTimeout ?? DEFAULT_TIMEOUT;
    this.#requests = new Requests(this.#clock, this.#timeout, () =>
      this.#unreachable(this.#session.trouble()),
    );
    this.#tree = new Tree(
      this.#requests,
      address.chroot,
      address.display,
      secret === undefined ? 'everyone' : 'authenticated',
    );
    if (secret !== undefined)
      this.protection = {
        open: (paths) => this.#tree.open(paths),
        close: (paths) => this.#tree.close(paths),
      };
    const epoch = (): number => this.#requests.epoch;
    const looks = new Looks(this.#requests, (path, names) => this.#tree.names(path, names));
    const left = (path: string): void => {
      if (!this.#names.isObserved(path) && !this.#nodes.isObserved(path)) looks.release(path);
    };
    const refused = (path: string): void =>
      options.refused?.(new AccessDenied({ coordinator: address.display, path }));
    this.#nodes = new Watches(this.#clock, epoch, looks.atNode, left, refused);
    this.#names = new Watches(this.#clock, epoch, looks.atNames, left, refused);
    this.#session = new Session(
      {
        servers: address.servers,
        timeout: Math.min(Math.ceil(options.sessionTimeout ?? DEFAULT_TIMEOUT), LONGEST_SESSION),
        saved: session === undefined ? undefined : parseSession(session),
        credentials: secret === undefined ? undefined : Buffer.from(`ensemble:${secret}`),
        recognise: recognise && ((connection) => recognise(this.#tree.readerOver(connection))),
        clock: this.#clock,
        random: options.random ?? Math.random,
      },
      {
        older: () => this.#tell('older'),
        attached: (connection, replaced) => {
          // First in the queue, so that nothing this client asks of the new session is answered before.
          const restored = replaced && this.#everAttached ? this.#ephemerals.recreate() : undefined;
          this.#everAttached = true;
          this.#requests.attach(connection);
          this.#nodes.lookAgain();
          this.#names.lookAgain();
          if (restored === undefined) {
            this.#tell('connected');
          } else {
            void restored.then(() => this.#tell('expired'));
          }
        },
        detached: () => {
          this.#requests.detach();
          this.#tell('disconnected');
        },
        notified: (path, event) => {
          // An observer that follows the names as well mostly lets go of a node that is gone; then nobody need look
          // at it.
          if (event === 'removed') this.#names.afterLook(parentOf(path), () => this.#nodes.fired(path, true));
          else if (event !== 'names') this.#nodes.fired(path, false);
          if (event !== 'changed') this.#names.fired(path, event === 'removed');
        },
        drained: () => this.#requests.drained(),
      },
    );
    this.#ephemerals = new Ephemerals(this.#clock, {
      create: (path, value) => this.#tree.recreate(path, value),
      owner: async (path) => this.#adopt(path, await this.#tree.get(path, { patient: true }))?.owner,
      isOwn: (id) => id === this.#session.id,
      isFormer: (id) => this.#session.isFormer(id),
    });
    this.#session.start();
    this.#endFullLooks = lookAtIntervals(
      this.#clock,
      options.random ?? Math.random,
      options.fullLook ?? FULL_LOOK,
      () => {
        looks.watchAnew();
        this.#nodes.lookAgain();
        this.#names.lookAgain();
      },
    );
  }

  /** Resolves when a connection stands and the environment's root may be read. */
  ready(): Promise<void> {
    this.#rooted ??= this.#tree.isPlanted().then(
      (isPlanted) => {
        this.#isRooted = true;
        this.#isPlanted = isPlanted;
      },
      (error: unknown) => {
        this.#rooted = undefined;
        throw error;
      },
    );
    return this.#rooted;
  }

  /** The root is made by the first write: who only looks, at a path that is misspelt too, leaves nothing there. */
  async #plant(): Promise<void> {
    if (!this.#isRooted) await this.ready();
    if (this.#isPlanted) return;
    this.#planting ??= this.#tree.plant().then(
      () => {
        this.#isPlanted = true;
      },
      (error: unknown) => {
        this.#planting = undefined;
        throw error;
      },
    );
    await this.#planting;
  }

  async get(path: string): Promise<Node | undefined> {
    if (!this.#isRooted) await this.ready();
    const node = this.#adopt(path, await this.#tree.get(path))?.node;
    return node ?? (path === '/' ? EMPTY_ROOT : undefined);
  }

  async getMany(paths: readonly string[]): Promise<readonly (Node | undefined)[]> {
    if (!this.#isRooted) await this.ready();
    const read = await this.#tree.getMany(paths);
    return read.map((each, index) => {
      const path = paths[index] ?? '/';
      return this.#adopt(path, each)?.node ?? (path === '/' ? EMPTY_ROOT : undefined);
    });
  }

  async children(path: string): Promise<readonly string[] | undefined> {
    if (!this.#isRooted) await this.ready();
    return (await this.#tree.children(path)) ?? (path === '/' ? [] : undefined);
  }

  async create(path: string, value: string, { ephemeral = false } = {}): Promise<void> {
    if (!this.#isPlanted) await this.#plant();
    await this.#pastFormerSessions(ephemeral ? [path] : [], () => this.#tree.create(path, value, ephemeral));
    if (ephemeral) this.#ephemerals.keep(path, value);
  }

  async set(path: string, value: string, version?: number): Promise<number> {
    if (!this.#isPlanted) await this.#plant();
    const stat = await this.#tree.set(path, value, version);
    if (stat.owner !== 0n && stat.owner === this.#session.id) this.#ephemerals.keep(path, value);
    return stat.version;
  }

  async remove(path: string, version?: number): Promise<void> {
    if (!this.#isRooted) await this.ready();
    await this.#tree.remove(path, version);
    this.#ephemerals.changed(path, undefined);
  }

  async transaction(operations: readonly Operation[]): Promise<void> {
    if (!this.#isPlanted) await this.#plant();
    const claimed = operations.filter((operation) => operation.kind === 'create' && operation.ephemeral);
    await this.#pastFormerSessions(
      claimed.map(({ path }) => path),
      () => this.#transact(operations),
    );
    for (const operation of operations) {
      if (operation.kind === 'create') {
        if (operation.ephemeral === true) this.#ephemerals.keep(operation.path, operation.value);
      } else if (operation.kind !== 'check') {
        this.#ephemerals.changed(operation.path, operation.kind === 'set' ? operation.value : undefined);
      }
    }
  }

  observe(path: string, look: (node: Node | undefined) => void): Observation {
    return this.#nodes.observe(this.#tree.full(path), look);
  }

  observeChildren(path: string, look: (children: readonly string[] | undefined) => void): Observation {
    return this.#names.observe(this.#tree.full(path), look);
  }

  onSession(listener: (event: SessionEvent) => void): () => void {
    const own = (event: SessionEvent): void => listener(event);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  savedSession(): string {
    return formatSession(this.#session.identity);
  }

  async close({ keepSession = false } = {}): Promise<void> {
    this.#endFullLooks();
    this.#requests.refuse(this.#unreachable('it was closed'));
    this.#nodes.close();
    this.#names.close();
    this.#ephemerals.close();
    this.#listeners.clear();
    await this.#session.close(keepSession);
  }

  async #transact(operations: readonly Operation[]): Promise<void> {
    const made = ownChanges(this.#names, operations, (path) => this.#tree.full(path));
    try {
      await this.#tree.transaction(operations);
    } catch (error) {
      made(false);
      throw error;
    }
    made(true);
  }

  /** Remembers an ephemeral node as ours where its owner is this session, whichever process created it. */
  #adopt(path: string, read: StatedNode | undefined): StatedNode | undefined {
    if (read !== undefined && read.owner !== 0n && read.owner === this.#session.id) {
      this.#ephemerals.keep(path, read.node.value);
    }
    return read;
  }

  /** Tries again while one of the `claimed` nodes still belongs to a session of ours that is over. */
  async #pastFormerSessions(claimed: readonly string[], attempt: () => Promise<void>): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#timeout;
    // A node that stood in the way and is absent has just vanished; or the transaction itself creates it twice.
    let mayHaveVanished = true;
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof NodeExists && claimed.includes(error.path))) throw error;
        const place = await this.#ephemerals.untilFormerIsGone(error.path, deadline);
        if (place === 'taken' || (place === 'absent' && !mayHaveVanished)) throw error;
        mayHaveVanished &&= place !== 'absent';
      }
    }
  }

  /** Listeners run on their own: what they throw is their caller's bug, and must not stop the session. */
  #tell(event: SessionEvent): void {
    for (const listener of this.#listeners) {
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(event);
      });
    }
  }

  #unreachable(reason: string): CoordinatorUnreachable {
    return new CoordinatorUnreachable({ coordinator: this.#address.display, reason });
  }
}
