import { LayoutTooNew } from './errors.js';
import { isTooNew, layoutLevels, unknownFeatures } from './layout-known.js';
import type { Layout } from './environment-schemas.js';

/** Why this version must not touch a tree of this layout; undefined where it may. */
export function layoutTooNew(environment: string, layout: Layout): LayoutTooNew | undefined {
  if (!isTooNew(layout)) return undefined;
  const { minReader } = layout;
  return new LayoutTooNew({
    environment,
    minReader,
    level: layoutLevels.max,
    unknown: unknownFeatures(layout),
  });
}
