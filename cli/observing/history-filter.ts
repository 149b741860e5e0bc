import { matchesAny } from '../../state/platform/glob.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';

/** Which entries to show. */
export interface HistoryChoice {
  /** `ann`, `ann@m0`, or a pattern of either. */
  readonly by?: string | undefined;
  /** Kinds. */
  readonly what?: readonly string[] | undefined;
}

/** Whether an entry is one of those. */
export function historyFilter({ by, what }: HistoryChoice): (entry: HistoryEntry) => boolean {
  return (entry) =>
    (by === undefined || isBy(entry, by)) &&
    (what === undefined || what.some((kind) => isOfKind(entry, kind)));
}

/** A name alone is that of the person, wherever. */
function isBy({ by }: HistoryEntry, wanted: string): boolean {
  if (by === undefined) return false;
  const at = by.lastIndexOf('@');
  return matchesAny([wanted], wanted.includes('@') || at < 0 ? by : by.slice(0, at));
}

/** Release 0.1.0 put what was set on record as `config`, as units do what comes of it. */
function isOfKind({ what, outcome }: HistoryEntry, kind: string): boolean {
  return what === kind || (kind === 'set' && what === 'config' && outcome === 'asked');
}
