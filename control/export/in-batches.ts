/** The most nodes that one transaction creates: ZooKeeper takes 1 MB. */
const MOST_NODES = 200;
const MOST_CHARACTERS = 250_000;

/** A path, and the value that stands there. */
export type NodeValue = readonly [string, string];

/** Parts that one transaction takes. Parents come first in each, and parts in the order of the nodes. */
export function* inBatches(nodes: Iterable<NodeValue>): Generator<readonly NodeValue[]> {
  let batch: NodeValue[] = [];
  let characters = 0;
  for (const node of nodes) {
    const length = node[0].length + node[1].length;
    if (batch.length === MOST_NODES || (batch.length > 0 && characters + length > MOST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(node);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}
