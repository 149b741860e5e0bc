import type { Node, Observation } from '../coordinator.js';
import { changesSince, lastChange } from './changes.js';
import { keyOf } from './paths.js';
import { childNames, type NodeRecord, type Tables } from './tables.js';

/** Reads the tables as of the newest commit, not of the event turn's first read. */
export type ReadNewest = () => Tables;

/** Looks again at what it observes, and tells its callback if that is not what it was told last. */
type Refresh = (tables: Tables) => void;

export function nodeOf([value, version, , owner]: NodeRecord): Node {
  return { value, version, ephemeral: owner !== null };
}

export function namesOf(tables: Tables, path: string): readonly string[] | undefined {
  if (!tables.nodes.doesExist(keyOf(path))) return undefined;
  // The keys are in the order of their bytes, which is another one outside the Basic Multilingual Plane.
  return [...childNames(tables, path)].sort();
}

/** Who observes what in this process. The work a change makes depends on who observes its paths, not on all. */
export class Observers {
  readonly #read: ReadNewest;
  readonly #ofNodes = new Map<string, Set<Refresh>>();
  readonly #ofChildren = new Map<string, Set<Refresh>>();
  /** The newest change that was looked at. */
  #seen: number;

  constructor(read: ReadNewest) {
    this.#read = read;
    this.#seen = lastChange(read());
  }

  observe(path: string, look: (node: Node | undefined) => void): Observation {
    let shown: NodeRecord | 'nothing yet' | undefined = 'nothing yet';
    return this.#register(this.#ofNodes, path, (tables, tell) => {
      const record = tables.nodes.get(keyOf(path));
      if (shown !== 'nothing yet' && shown?.[1] === record?.[1] && shown?.[2] === record?.[2]) return;
      shown = record;
      tell(() => look(record && nodeOf(record)));
    });
  }

  observeChildren(path: string, look: (children: readonly string[] | undefined) => void): Observation {
    let shown: string | undefined = 'nothing yet';
    return this.#register(this.#ofChildren, path, (tables, tell) => {
      const names = namesOf(tables, path);
      // No name holds a slash.
      const now = names && `/${names.join('/')}`;
      if (shown === now) return;
      shown = now;
      tell(() => look(names));
    });
  }

  #register(
    registry: Map<string, Set<Refresh>>,
    path: string,
    check: (tables: Tables, tell: (call: () => void) => void) => void,
  ): Observation {
    let open = true;
    // In a turn of its own, so that what one observer throws keeps no other from being told.
    const tell = (call: () => void): void => queueMicrotask(() => open && call());
    const refresh: Refresh = (tables) => check(tables, tell);
    const refreshes = registry.get(path) ?? new Set();
    registry.set(path, refreshes.add(refresh));
    queueMicrotask(() => open && refresh(this.#read()));
    return {
      close: () => {
        open = false;
        refreshes.delete(refresh);
        if (refreshes.size === 0 && registry.get(path) === refreshes) registry.delete(path);
      },
    };
  }

  /** Shows the observers all that is otherwise than they were told, whatever the log of changes says. */
  lookAtAll(): void {
    refreshAll(this.#read(), [...this.#ofNodes.values(), ...this.#ofChildren.values()]);
  }

  /** Shows the observers what changed since the last look. Does nothing, quickly, when nothing did. */
  look(): void {
    const tables = this.#read();
    const last = lastChange(tables);
    if (last === this.#seen) return;
    const changes = last > this.#seen ? changesSince(tables, this.#seen) : undefined;
    this.#seen = last;
    if (changes === undefined) {
      // Too far behind for the log, or another log: everything may have changed.
      this.lookAtAll();
      return;
    }
    const nodes = new Set(changes.flatMap(([paths]) => paths));
    const parents = new Set(changes.flatMap(([, paths]) => paths));
    refreshAll(tables, observing(this.#ofNodes, nodes));
    refreshAll(tables, observing(this.#ofChildren, parents));
  }
}

function observing(registry: ReadonlyMap<string, Set<Refresh>>, paths: ReadonlySet<string>): Set<Refresh>[] {
  return [...paths].flatMap((path) => registry.get(path) ?? []);
}

function refreshAll(tables: Tables, groups: readonly Set<Refresh>[]): void {
  for (const group of groups) for (const refresh of group) refresh(tables);
}
