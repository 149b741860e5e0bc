import type { Node, Operation } from '../../state/coordination/coordinator.js';

/** Why an operation did not apply: what the error of an engine must say too. */
export interface Refusal {
  readonly code: string;
  readonly path: string;
}

/** The contract in its simplest form: a tree in memory for one client. Property tests hold engines against it. */
export class Model {
  #nodes = new Map<string, Node>([['/', { value: '', version: 0, ephemeral: false }]]);

  get(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  children(path: string): string[] | undefined {
    if (!this.#nodes.has(path)) return undefined;
    return [...this.#nodes.keys()]
      .filter((node) => node !== '/' && parent(node) === path)
      .map((node) => node.slice(node.lastIndexOf('/') + 1))
      .toSorted();
  }

  /** Applies all or, when one is refused, nothing. */
  apply(operations: readonly Operation[]): Refusal | undefined {
    const before = new Map(this.#nodes);
    for (const operation of operations) {
      const refusal = this.#step(operation);
      if (refusal !== undefined) {
        this.#nodes = before;
        return refusal;
      }
    }
    return undefined;
  }

  #step(operation: Operation): Refusal | undefined {
    const { path } = operation;
    const node = this.#nodes.get(path);
    if (operation.kind === 'create') {
      if (!this.#nodes.has(parent(path))) return { code: 'node-not-found', path: parent(path) };
      if (node !== undefined) return { code: 'node-exists', path };
      const ephemeral = (operation.ephemeral ?? false) !== false;
      this.#nodes.set(path, { value: operation.value, version: 0, ephemeral });
      return undefined;
    }
    if (node === undefined) return { code: 'node-not-found', path };
    if (operation.version !== undefined && operation.version !== node.version) {
      return { code: 'version-conflict', path };
    }
    if (operation.kind === 'set') {
      this.#nodes.set(path, { ...node, value: operation.value, version: node.version + 1 });
    }
    if (operation.kind === 'remove') {
      if (this.children(path)?.length) return { code: 'node-not-empty', path };
      this.#nodes.delete(path);
    }
    return undefined;
  }
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
