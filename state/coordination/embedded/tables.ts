import type { Database } from 'lmdb';
import type { NodeKey } from './paths.js';

/** A node as it is stored. `born` is the number of the change that created it: a node created again has another. */
export type NodeRecord = readonly [value: string, version: number, born: number, owner: string | null];

/** The changes of one transaction: nodes whose value or existence changed, and nodes whose children's names did. */
export type Change = readonly [nodes: readonly string[], parents: readonly string[]];

/** A session with ephemerals. `expires` is in milliseconds of the machine's monotonic clock since boot `boot`. */
export type LeaseRecord = readonly [boot: string, expires: number, timeout: number];

/** The store's tables. Calls inside a write transaction see and make its writes; those outside only read. */
export interface Tables {
  readonly nodes: Database<NodeRecord, NodeKey>;
  /** By number, counting from 1 without gaps; the newest `kept` of them. */
  readonly changes: Database<Change, number>;
  /** By session. */
  readonly leases: Database<LeaseRecord, string>;
  /** The ephemerals of each session: its id and their paths. */
  readonly holdings: Database<true, [session: string, path: string]>;
  /** `format`: 1, the layout of these tables; `last change`: the number of the newest. */
  readonly about: Database<number, 'format' | 'last change'>;
}

/** Names of the direct children, in the order of the keys, lazily: callers that need one only read one. */
export function* childNames({ nodes }: Tables, path: string): Generator<string> {
  for (const [parent, name] of nodes.getKeys({ start: [path, ''] })) {
    if (parent !== path) return;
    yield name;
  }
}

/** The paths of a session's ephemerals. */
export function heldBy({ holdings }: Tables, session: string): string[] {
  const paths: string[] = [];
  for (const [owner, path] of holdings.getKeys({ start: [session, ''] })) {
    if (owner !== session) break;
    paths.push(path);
  }
  return paths;
}
