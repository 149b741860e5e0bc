import { LayoutTooNew } from './errors.js';
import { isTooNew, LAYOUT_LEVEL, unknownFeatures } from './layout-known.js';
import type { Layout } from './schemas.js';

/** Why this version must not touch a tree of this layout; undefined where it may. */
export function layoutTooNew(environment: string, layout: Layout): LayoutTooNew | undefined {
  if (!isTooNew(layout)) return undefined;
  const { minReader } = layout;
  return new LayoutTooNew({ environment, minReader, level: LAYOUT_LEVEL, unknown: unknownFeatures(layout) });
}
