/** Something observed once for all who want to know of it. */
export interface Shared<View> {
  view(key: string): View | undefined;
  /** Calls `look` whenever the view of `key` changed; starts observing with the first one. @returns what ends it */
  subscribe(key: string, look: () => void): () => void;
}

/**
 * Shares observations among the units of a machine: a key is observed from its first subscriber to its last, and a
 * change is told to its subscribers only.
 * @param observe starts to observe `key`; calls `change` with every new view of it; returns what ends it
 */
export function share<View>(
  observe: (key: string, change: (view: View | undefined) => void) => () => void,
): Shared<View> {
  interface Entry {
    view: View | undefined;
    readonly looks: Set<() => void>;
    end: () => void;
  }
  const entries = new Map<string, Entry>();

  function begin(key: string): Entry {
    const entry: Entry = { view: undefined, looks: new Set(), end: () => undefined };
    entries.set(key, entry);
    entry.end = observe(key, (view) => {
      entry.view = view;
      for (const look of [...entry.looks]) look();
    });
    return entry;
  }

  return {
    view: (key) => entries.get(key)?.view,
    subscribe(key, look) {
      const entry = entries.get(key) ?? begin(key);
      entry.looks.add(look);
      return () => {
        entry.looks.delete(look);
        if (entry.looks.size > 0 || entries.get(key) !== entry) return;
        entries.delete(key);
        entry.end();
      };
    },
  };
}
