import type { Layout, Mark } from '../../state/model/environment-schemas.js';
import type { EnvironmentMemory } from './memory.js';

/** The agent's verdict on the tree that it finds. */
export type Recognition =
  /** The one it knows; or it knows none yet. */
  | { readonly kind: 'known' }
  /** The coordinator holds no environment, though the data directory belongs to one. */
  | { readonly kind: 'missing' }
  /** Another environment; undefined: it has no id, as one of release 0.1.0. */
  | { readonly kind: 'foreign'; readonly found: string | undefined }
  /** The same environment, as it was before: undefined where the tree knows nothing of this agent yet. */
  | { readonly kind: 'older'; readonly found: Mark | undefined };

/**
 * Tells whether a tree is the one that a data directory knows, at least as far on as when it was seen last. A tree that
 * knows more of the agent than the directory does is no older one: the agent was killed between the two writes.
 */
export function recognise(
  memory: EnvironmentMemory | undefined,
  layout: Layout | undefined,
  mark: Mark | undefined,
): Recognition {
  if (memory === undefined) return { kind: 'known' };
  if (layout === undefined) return { kind: 'missing' };
  if (layout.environment !== memory.environment) return { kind: 'foreign', found: layout.environment };
  if (memory.mark !== undefined && (mark?.count ?? 0) < memory.mark.count)
    return { kind: 'older', found: mark };
  return { kind: 'known' };
}
