import type { Node, Operation } from '../coordinator.js';
import { ValueTooLarge } from '../errors.js';
import type { Connection, Reply } from './connection.js';
import { fullPath, nameOf, parentOf } from './paths.js';
import { MOST_TOGETHER, readManyCall, WORTH_TOGETHER } from './multi.js';
import type { Call, Stat } from './protocol.js';
import { firstRefused, NO_NODE, NODE_EXISTS, type Refused, refusal } from './refusals.js';
import type { RequestOptions, Requests } from './requests.js';
import {
  type Acl,
  childrenCall,
  closeCall,
  createCall,
  getCall,
  isOpenCall,
  removeCall,
  setCall,
  syncCall,
  transactionCall,
} from './wire.js';

/**
 * ZooKeeper closes the connection on a request of more than 1,048,575 bytes (jute.maxbuffer), and servers add to it
 * when they pass it on.
 */
const LARGEST_REQUEST = 1_000_000;

/** ZooKeeper's own node, which shows in the root of a server used without a path. */
const ZOOKEEPERS_OWN = 'zookeeper';

interface Asked {
  readonly path: string;
  readonly resolve: (node: StatedNode | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** A node as it was read, with what only the engine needs to know. */
export interface StatedNode {
  readonly node: Node;
  /** Id of the session that owns an ephemeral node, 0n for a persistent one. */
  readonly owner: bigint;
}

type CallOptions = Partial<Omit<RequestOptions, 'path'>>;

/** The environment's tree as requests: caller's paths in, values or the contract's errors out. */
export class Tree {
  #asked: Asked[] = [];
  readonly #requests: Requests;
  readonly #chroot: string;
  readonly #display: string;
  readonly #acl: Acl;

  constructor(requests: Requests, chroot: string, display: string, acl: Acl) {
    this.#requests = requests;
    this.#chroot = chroot;
    this.#display = display;
    this.#acl = acl;
  }

  /** Reads that are asked for in one turn go together, where there are enough of them. */
  get(path: string, options?: CallOptions): Promise<StatedNode | undefined> {
    if (options !== undefined) return this.#getAlone(path, options);
    if (this.#asked.length === 0) queueMicrotask(() => this.#getAsked());
    return new Promise((resolve, reject) => {
      this.#asked.push({ path, resolve, reject });
    });
  }

  #getAsked(): void {
    const asked = this.#asked;
    this.#asked = [];
    const alone = (): void => {
      for (const { path, resolve, reject } of asked) this.#getAlone(path, {}).then(resolve, reject);
    };
    if (asked.length < WORTH_TOGETHER) alone();
    else
      this.getMany(asked.map(({ path }) => path)).then(
        (nodes) => {
          for (const [index, { resolve }] of asked.entries()) resolve(nodes[index]);
        },
        // Each for itself: then each learns its own reason.
        alone,
      );
  }

  async getMany(paths: readonly string[]): Promise<readonly (StatedNode | undefined)[]> {
    const parts: Promise<readonly (StatedNode | undefined)[]>[] = [];
    for (let start = 0; start < paths.length; start += MOST_TOGETHER)
      parts.push(this.#getTogether(paths.slice(start, start + MOST_TOGETHER)));
    return (await Promise.all(parts)).flat();
  }

  async #getTogether(paths: readonly string[]): Promise<readonly (StatedNode | undefined)[]> {
    const first = paths[0] ?? '/';
    const call = readManyCall(paths.map((path) => ({ kind: 'get', path: this.full(path) })));
    const reads = this.#answer(await this.#read(call, first), { kind: 'get', path: first });
    return reads.map((read, index) => {
      if ('value' in read) return stated(read.value, read);
      if (read.err === NO_NODE) return undefined;
      throw refusal(this.#display, read.err, { kind: 'get', path: paths[index] ?? first });
    });
  }

  async #getAlone(path: string, options: CallOptions): Promise<StatedNode | undefined> {
    const reply = await this.#read(getCall(this.full(path), false), path, options);
    if (reply.err === NO_NODE) return undefined;
    const { value, stat } = this.#answer(reply, { kind: 'get', path });
    return stated(value, stat);
  }

  /** Reads nodes over a connection that carries nothing else yet; the first reading has the server catch up. */
  readerOver(connection: Connection): (path: string) => Promise<Node | undefined> {
    connection.send(syncCall(this.full('/')), () => undefined);
    return (path) =>
      new Promise((resolve, reject) => {
        connection.send(getCall(this.full(path), false), (reply) => {
          if (reply.ok) resolve(stated(reply.value.value, reply.value.stat).node);
          else if (reply.err === NO_NODE) resolve(undefined);
          else reject(refusal(this.#display, reply.err, { kind: 'get', path }));
        });
      });
  }

  async children(path: string): Promise<readonly string[] | undefined> {
    const reply = await this.#read(childrenCall(this.full(path)), path);
    return reply.err === NO_NODE
      ? undefined
      : this.names(path, this.#answer(reply, { kind: 'children', path }));
  }

  async create(path: string, value: string, ephemeral: boolean): Promise<void> {
    const call = createCall(this.full(path), value, ephemeral, this.#acl);
    this.#answer(await this.#write(call, path), { kind: 'create', path });
  }

  /** Creates a node of a session that has just begun, before all other requests, again if the answer is lost. */
  async recreate(path: string, value: string): Promise<'created' | 'exists' | 'refused' | 'no-parent'> {
    const call = createCall(this.full(path), value, true, this.#acl);
    const { err } = await this.#read(call, path, { urgent: true, patient: true });
    switch (err) {
      case 0:
        return 'created';
      case NODE_EXISTS:
        return 'exists';
      case NO_NODE:
        return 'no-parent';
      default:
        return 'refused';
    }
  }

  async set(path: string, value: string, version: number | undefined): Promise<Stat> {
    const call = setCall(this.full(path), value, version);
    return this.#answer(await this.#write(call, path), { kind: 'set', path });
  }

  async remove(path: string, version: number | undefined): Promise<void> {
    const call = removeCall(this.#removable(path), version);
    this.#answer(await this.#write(call, path), { kind: 'remove', path });
  }

  async transaction(operations: readonly Operation[]): Promise<void> {
    const [first] = operations;
    if (first === undefined) return;
    const steps = operations.map((operation) => {
      const { kind, path } = operation;
      return { ...operation, path: kind === 'remove' ? this.#removable(path) : this.full(path) };
    });
    const call = transactionCall(steps, this.#acl);
    const codes = this.#answer(await this.#write(call, first.path), first);
    const at = firstRefused(codes);
    const refused = operations[at];
    if (refused !== undefined) throw refusal(this.#display, codes[at] ?? 0, refused);
  }

  /** True if the environment's root is there. Denied access shows here. */
  async isPlanted(): Promise<boolean> {
    const reply = await this.#read(getCall(this.full('/'), false), '/');
    if (reply.err === NO_NODE) return false;
    this.#answer(reply, { kind: 'get', path: '/' });
    return true;
  }

  /** Creates the environment's root and what is above it, where missing. */
  plant(): Promise<void> {
    return this.#plant(this.full('/'));
  }

  /** @see Protection.open */
  async open(paths: readonly string[]): Promise<readonly string[]> {
    const replies = await Promise.all(
      paths.map((path) => this.#read(isOpenCall(this.full(path), this.#isShared(path)), path)),
    );
    return paths.filter((path, index) => {
      const reply = replies[index];
      return reply !== undefined && reply.err !== NO_NODE && this.#answer(reply, { kind: 'get', path });
    });
  }

  /** @see Protection.close */
  async close(paths: readonly string[]): Promise<void> {
    const replies = await Promise.all(
      paths.map((path) => this.#read(closeCall(this.full(path), this.#isShared(path)), path)),
    );
    for (const [index, path] of paths.entries()) {
      const reply = replies[index];
      if (reply !== undefined) this.#answer(reply, { kind: 'set', path });
    }
  }

  /** The server's own root, in which others may look for what is theirs. */
  #isShared(path: string): boolean {
    return path === '/' && this.#chroot === '';
  }

  async #plant(full: string): Promise<void> {
    const reply = await this.#read(createCall(full, '', false, this.#acl), '/');
    if (reply.err === NO_NODE) {
      await this.#plant(parentOf(full));
      await this.#plant(full);
    } else if (reply.err !== NODE_EXISTS) {
      // It is the parent's permissions that decide; it lies outside of the environment, so it is named in full.
      this.#answer(reply, { kind: 'create', path: parentOf(full) });
    }
  }

  /** @throws TypeError */
  full(path: string): string {
    return fullPath(this.#chroot, path);
  }

  async #read<T>(call: Call<T>, path: string, options: CallOptions = {}): Promise<Reply<T>> {
    return (await this.#requests.call(call, { path, repeatable: true, ...options })).reply;
  }

  async #write<T>(call: Call<T>, path: string): Promise<Reply<T>> {
    if (call.bytes.length > LARGEST_REQUEST) {
      throw new ValueTooLarge({ path, bytes: call.bytes.length, limit: LARGEST_REQUEST });
    }
    return (await this.#requests.call(call, { path, repeatable: false })).reply;
  }

  #answer<T>(reply: Reply<T>, refused: Refused): T {
    if (reply.ok) return reply.value;
    throw refusal(this.#display, reply.err, refused);
  }

  #removable(path: string): string {
    if (path === '/') throw new TypeError('the root of the state tree cannot be removed');
    return this.full(path);
  }

  /** The names under a node, by either of its paths, as callers see them. */
  names(path: string, names: readonly string[]): readonly string[] {
    const ours =
      path === '/' && this.#chroot === '' ? names.filter((name) => name !== ZOOKEEPERS_OWN) : names;
    return ours.map(nameOf).toSorted();
  }
}

export function stated(value: string, { version, owner }: Pick<Stat, 'version' | 'owner'>): StatedNode {
  return { node: { value, version, ephemeral: owner !== 0n }, owner };
}
