import { keyOf } from './paths.js';
import { childNames, heldBy, type NodeRecord, type Tables } from './tables.js';

/**
 * The tables as readers see them: without the ephemerals of sessions that are over, which nobody may have removed
 * yet.
 */
export interface View {
  readonly tables: Tables;
  node(path: string): NodeRecord | undefined;
  /** Sorted; undefined where the node itself is not there. */
  names(path: string): readonly string[] | undefined;
}

/** @param over the sessions whose ephemerals are not shown */
export function viewOf(tables: Tables, over: readonly string[]): View {
  const hidden = new Set(over.flatMap((session) => heldBy(tables, session)));
  return {
    tables,
    node: (path) => (hidden.has(path) ? undefined : tables.nodes.get(keyOf(path))),
    names(path) {
      if (hidden.has(path) || !tables.nodes.doesExist(keyOf(path))) return undefined;
      // The keys are in the order of their bytes, which is another one outside the Basic Multilingual Plane.
      const names = [...childNames(tables, path)].sort();
      if (hidden.size === 0) return names;
      const prefix = path === '/' ? '/' : `${path}/`;
      return names.filter((name) => !hidden.has(prefix + name));
    },
  };
}
