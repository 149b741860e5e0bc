import type { RolloutEntry } from '../../control/status/rollout-entry.js';
import { printable } from '../../state/platform/printable.js';

/** A rollout in a few words: `3/5 on 12, paused: canary`, or `clone web-r12, paused`. */
export function rolloutCell(entry: RolloutEntry | undefined): string {
  if (entry === undefined) return '-';
  const { on, of, to, state, gate, clone } = entry;
  if (clone !== undefined)
    return printable(`clone ${clone}, ${state}${gate === 'operator' ? ': operator' : ''}`);
  const revision = to.slice(to.lastIndexOf('-') + 1);
  return printable(`${on}/${of} on ${revision}, ${state}${gate === undefined ? '' : `: ${gate}`}`);
}
