import type { Coordinator } from '../coordination/coordinator.js';
import { readEntity } from './entity.js';
import { FeatureOff } from './errors.js';
import { type TreeFeature, treeFeatures } from './layout-known.js';
import { paths } from './paths.js';
import { layoutSchema } from './environment-schemas.js';

/**
 * Refuses what older programs would misread, as long as they are not kept out of the environment. A feature that is on is
 * never turned off, so that nothing needs to be checked again when what rests on it is written.
 * @throws FeatureOff, NodeInvalid
 */
export async function requireFeature(coordinator: Coordinator, feature: TreeFeature): Promise<void> {
  const layout = await readEntity(coordinator, paths.layout, layoutSchema);
  if (layout?.value.features?.includes(feature) !== true)
    throw new FeatureOff({ feature, misread: treeFeatures[feature] });
}
