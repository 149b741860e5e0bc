import type { KeptEntry } from '../../control/status/kept-entry.js';
import { formatBytes } from '../../state/platform/format-bytes.js';

/** One machine's in a few words: `2 units, 1.2 GB`. */
export function keptWords({ units, bytes }: KeptEntry): string {
  return `${units} unit${units === 1 ? '' : 's'}, ${formatBytes(bytes)}`;
}

/** Tells how much each machine keeps, and how to see and to remove it. */
export function keptLines(
  machines: Readonly<Record<string, { readonly kept?: KeptEntry }>>,
): readonly string[] {
  const kept = Object.entries(machines).flatMap(([name, { kept: entry }]) =>
    entry === undefined ? [] : [[name, entry] as const],
  );
  if (kept.length === 0) return [];
  return [
    ...kept.map(([name, entry]) => {
      const { units, until } = entry;
      const first = units === 1 ? 'it goes' : 'the first goes';
      const end =
        until === null ? 'until somebody prunes it' : `${first} at ${until.replace(/\.\d+Z$/, 'Z')}`;
      return `kept of removed units on ${name}: ${keptWords(entry)}; ${end}`;
    }),
    'see what, and where: ensemble prune --removed --dry-run',
  ];
}
