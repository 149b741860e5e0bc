import type { Layout } from './environment-schemas.js';

/**
 * The levels of the tree that this version reads; the newest one is what it writes. Level 2 has the shape of level 1, and is
 * what keeps release 0.1.0 out: that knows of `minReader` only. From level 2 on programs go by the names of features too. At
 * level 3 every service, relation and unit has an incarnation.
 */
export const layoutLevels = { min: 1, max: 3 } as const;

/** The first level whose trees have another shape than those before: what is there has to be changed for it. */
export const LIVES_LEVEL = 3;

/** What programs before would misread, each with what they would do. Off until `ensemble upgrade-environment`. */
export const treeFeatures = {
  canary: 'an agent of release 0.1.0 installs new units with the formula that is still being tried',
  clone: 'an agent or a command before this version has the units themselves go where a clone is to be made',
  holds: 'a command of release 0.1.0 upgrades what is held',
  lockstep: 'an agent of release 0.1.0 waits for no other unit, and runs on alone',
} as const;

export type TreeFeature = keyof typeof treeFeatures;

const featureNames = Object.keys(treeFeatures).sort();

/** The layout of an environment that everybody who works in it reads. */
export const newestLayout = {
  level: layoutLevels.max,
  /** Raised by what older programs ignore without harm. */
  sublevel: 0,
  minReader: layoutLevels.max,
  features: featureNames as readonly string[],
} as const;

/** The layouts that this version reads, as an agent says it in its machine's node. */
export function readable(): { layout: { min: number; max: number }; features: string[] } {
  return { layout: { ...layoutLevels }, features: [...featureNames] };
}

/** Features that are on in the environment and that this version does not know. */
export function unknownFeatures({ features = [] }: Pick<Layout, 'features'>): readonly string[] {
  return features.filter((feature) => !featureNames.includes(feature));
}

/** True if this version must not touch the tree. */
export function isTooNew(layout: Pick<Layout, 'minReader' | 'features'>): boolean {
  return layout.minReader > layoutLevels.max || unknownFeatures(layout).length > 0;
}
