import type { Node, Operation } from '../../state/coordination/coordinator.js';

/** Nodes in memory, with the transactions of a coordinator: all operations apply, or none. */
export class MemoryTree {
  readonly #nodes = new Map<string, { readonly value: string; readonly version: number }>();

  get(path: string): Node | undefined {
    const node = this.#nodes.get(path);
    return node && { ...node, ephemeral: false };
  }

  /** Whether the operations applied. */
  transaction(operations: readonly Operation[]): boolean {
    const before = new Map(this.#nodes);
    for (const operation of operations) {
      if (this.#apply(operation)) continue;
      this.#nodes.clear();
      for (const [path, node] of before) this.#nodes.set(path, node);
      return false;
    }
    return true;
  }

  #apply(operation: Operation): boolean {
    const { path } = operation;
    const node = this.#nodes.get(path);
    if (operation.kind === 'create') {
      if (node !== undefined) return false;
      this.#nodes.set(path, { value: operation.value, version: 0 });
      return true;
    }
    if (node === undefined || (operation.version !== undefined && operation.version !== node.version))
      return false;
    if (operation.kind === 'remove') this.#nodes.delete(path);
    if (operation.kind === 'set')
      this.#nodes.set(path, { value: operation.value, version: node.version + 1 });
    return true;
  }
}
