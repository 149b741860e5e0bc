import type { Change, Tables } from './tables.js';

/** How many changes are kept for those who look late; who is further behind looks at everything again. */
export const KEPT = 10_000;

/** The number of the newest change, 0 before the first. */
export function lastChange({ about }: Tables): number {
  return about.get('last change') ?? 0;
}

/** Adds the next change and forgets the one that is too old now. Only inside a write transaction, which is what waits for it. */
export function addChange({ about, changes }: Tables, number: number, change: Change): void {
  void about.put('last change', number);
  void changes.put(number, change);
  if (number > KEPT) void changes.remove(number - KEPT);
}

/** The changes after number `seen`, oldest first, or undefined where some of them are already forgotten. */
export function changesSince(tables: Tables, seen: number): Change[] | undefined {
  const found: Change[] = [];
  const last = lastChange(tables);
  for (let number = seen + 1; number <= last; number++) {
    const change = tables.changes.get(number);
    if (change === undefined) return undefined;
    found.push(change);
  }
  return found;
}
