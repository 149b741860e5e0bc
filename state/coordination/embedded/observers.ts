import type { Node, Observation } from '../coordinator.js';
import { changesSince, lastChange } from './changes.js';
import type { NodeRecord } from './tables.js';
import type { View } from './view.js';

/** Gives the view as of the newest commit, not as of the event turn's first read. */
type ReadNewest = () => View;

/** Looks again at what it observes, and tells its callback if that is not what it was told last. */
type Refresh = (view: View) => void;

export function nodeOf([value, version, , owner]: NodeRecord): Node {
  return { value, version, ephemeral: owner !== null };
}

/** Who observes what in this process. The work a change makes depends on who observes its paths, not on all. */
export class Observers {
  readonly #read: ReadNewest;
  readonly #ofNodes = new Map<string, Set<Refresh>>();
  readonly #ofChildren = new Map<string, Set<Refresh>>();
  readonly #mayLook: () => boolean;
  /** Began while nothing might be seen. */
  readonly #late = new Set<Refresh>();
  /** The newest change that was looked at. */
  #seen: number;

  /** @param mayLook where it says no, new observers wait for the next `look` */
  constructor(read: ReadNewest, mayLook: () => boolean) {
    this.#read = read;
    this.#mayLook = mayLook;
    this.#seen = lastChange(read().tables);
  }

  observe(path: string, look: (node: Node | undefined) => void): Observation {
    let shown: NodeRecord | 'nothing yet' | undefined = 'nothing yet';
    return this.#register(this.#ofNodes, path, (view, tell) => {
      const record = view.node(path);
      if (shown !== 'nothing yet' && shown?.[1] === record?.[1] && shown?.[2] === record?.[2]) return;
      shown = record;
      tell(() => look(record && nodeOf(record)));
    });
  }

  observeChildren(path: string, look: (children: readonly string[] | undefined) => void): Observation {
    let shown: string | undefined = 'nothing yet';
    return this.#register(this.#ofChildren, path, (view, tell) => {
      const names = view.names(path);
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
    check: (view: View, tell: (call: () => void) => void) => void,
  ): Observation {
    let open = true;
    // In a turn of its own, so that what one observer throws keeps no other from being told.
    const tell = (call: () => void): void => queueMicrotask(() => open && call());
    const refresh: Refresh = (view) => check(view, tell);
    const refreshes = registry.get(path) ?? new Set();
    registry.set(path, refreshes.add(refresh));
    queueMicrotask(() => {
      if (!open) return;
      if (this.#mayLook()) refresh(this.#read());
      else this.#late.add(refresh);
    });
    return {
      close: () => {
        open = false;
        refreshes.delete(refresh);
        this.#late.delete(refresh);
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
    const view = this.#read();
    const { tables } = view;
    refreshAll(view, [this.#late]);
    this.#late.clear();
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
    refreshAll(view, observing(this.#ofNodes, nodes));
    refreshAll(view, observing(this.#ofChildren, parents));
  }
}

function observing(registry: ReadonlyMap<string, Set<Refresh>>, paths: ReadonlySet<string>): Set<Refresh>[] {
  return [...paths].flatMap((path) => registry.get(path) ?? []);
}

function refreshAll(view: View, groups: readonly Set<Refresh>[]): void {
  for (const group of groups) for (const refresh of group) refresh(view);
}
