import type { Operation } from '../coordinator.js';
import { NodeExists, NodeNotEmpty, NodeNotFound, VersionConflict } from '../errors.js';
import { addChange, lastChange } from './changes.js';
import { keyOf, parentOf } from './paths.js';
import { childNames, type NodeRecord, type Tables } from './tables.js';

/**
 * A transaction as it is checked, before anything of it is written: lmdb's asynchronous transactions are not rolled
 * back when their callback throws, so every operation is tried here first, each seeing those before it.
 */
export class Staging {
  readonly #tables: Tables;
  /** The change's number, were it written: marks the nodes born in it. */
  readonly #number: number;
  readonly #staged = new Map<string, NodeRecord | undefined>();

  /** Only inside a write transaction: what is checked must still be true when it is written. */
  constructor(tables: Tables) {
    this.#tables = tables;
    this.#number = lastChange(tables) + 1;
  }

  /** The node as it is after the operations so far. */
  node(path: string): NodeRecord | undefined {
    return this.#staged.has(path) ? this.#staged.get(path) : this.#tables.nodes.get(keyOf(path));
  }

  /** @throws NodeNotFound, NodeExists, VersionConflict, NodeNotEmpty; TypeError for a child of an ephemeral */
  stage(operation: Operation, owner: string): void {
    const { path } = operation;
    if (operation.kind === 'create') {
      this.#create(path, operation.value, operation.ephemeral ? owner : null);
      return;
    }
    const node = this.node(path);
    if (node === undefined) throw new NodeNotFound({ path });
    const [, version, born, holder] = node;
    if (operation.version !== undefined && operation.version !== version) throw new VersionConflict({ path });
    if (operation.kind === 'set') this.#staged.set(path, [operation.value, version + 1, born, holder]);
    if (operation.kind === 'remove') {
      if (path === '/' || this.#hasChildren(path)) throw new NodeNotEmpty({ path });
      this.#staged.set(path, undefined);
    }
  }

  #create(path: string, value: string, owner: string | null): void {
    const parent = parentOf(path);
    if (parent !== '') {
      const above = this.node(parent);
      if (above === undefined) throw new NodeNotFound({ path: parent });
      if (above[3] !== null) throw new TypeError(`${parent} is ephemeral and can have no children`);
    }
    if (this.node(path) !== undefined) throw new NodeExists({ path });
    this.#staged.set(path, [value, 0, this.#number, owner]);
  }

  #hasChildren(path: string): boolean {
    for (const [staged, node] of this.#staged) {
      if (node !== undefined && parentOf(staged) === path) return true;
    }
    const prefix = path === '/' ? '/' : `${path}/`;
    for (const name of childNames(this.#tables, path)) {
      if (!this.#staged.has(prefix + name)) return true;
    }
    return false;
  }

  /** Writes what was staged. Returns whether anything changed. */
  write(): boolean {
    const nodes = new Set<string>();
    const parents = new Set<string>();
    for (const [path, after] of this.#staged) {
      const before = this.#tables.nodes.get(keyOf(path));
      if (before === undefined && after === undefined) continue;
      nodes.add(path);
      if (before === undefined || after === undefined) parents.add(path).add(parentOf(path));
      this.#replace(path, before, after);
    }
    if (nodes.size === 0) return false;
    addChange(this.#tables, this.#number, [[...nodes], [...parents]]);
    return true;
  }

  #replace(path: string, before: NodeRecord | undefined, after: NodeRecord | undefined): void {
    const { nodes, holdings } = this.#tables;
    const [was, is] = [before?.[3] ?? null, after?.[3] ?? null];
    if (was !== null && was !== is) void holdings.remove([was, path]);
    if (is !== null && is !== was) void holdings.put([is, path], true);
    if (after === undefined) void nodes.remove(keyOf(path));
    else void nodes.put(keyOf(path), after);
  }
}
