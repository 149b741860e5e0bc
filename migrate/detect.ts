import { DISK_LAYOUT, layoutOfMarker } from '../state/layouts/marker.js';

/** The layout of a directory, by the names in it. */
export type Found =
  /** It is not there. */
  | { readonly is: 'absent' }
  /** Nothing of ours is in it, so it gets the newest layout at once. */
  | { readonly is: 'empty' }
  /** Laid out by a release that had no marker. */
  | { readonly is: 'legacy' }
  /** With its marker, and those of the layouts before it that were not removed any more. */
  | { readonly is: 'marked'; readonly layout: number; readonly older: readonly number[] }
  | { readonly is: 'too-new'; readonly layout: number };

/** The names by which each kind of directory is known to be laid out. */
const OURS = {
  home: (name: string): boolean => name === 'environments.yaml',
  data: (name: string): boolean =>
    ['agent-id', 'agent.pid', 'agent.lock', 'cache', 'journal', 'runs', 'session', 'units'].includes(name),
} as const;

export type Kind = keyof typeof OURS;

/**
 * Detects the layout of a directory. Of two markers the newer one counts: it is written when everything is in place, and the
 * older one is removed after that.
 * @param names in the directory; undefined where it is not there
 * @param known the newest layout that is known
 */
export function detect(kind: Kind, names: readonly string[] | undefined, known: number = DISK_LAYOUT): Found {
  if (names === undefined) return { is: 'absent' };
  const layouts = names.flatMap((name) => layoutOfMarker(name) ?? []).sort((a, b) => b - a);
  const [layout, ...older] = layouts;
  if (layout === undefined) return { is: names.some(OURS[kind]) ? 'legacy' : 'empty' };
  return layout > known ? { is: 'too-new', layout } : { is: 'marked', layout, older };
}
