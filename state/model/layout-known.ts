import type { Layout } from './schemas.js';

/**
 * The level of the tree that this version writes, and the newest one it reads. Level 2 has the shape of level 1, and is
 * what keeps release 0.1.0 out: that knows of `minReader` only. From level 2 on programs go by the names of features too.
 */
export const LAYOUT_LEVEL = 2;

/** The oldest level it reads. */
const OLDEST_LEVEL = 1;

/** Raised by what older programs ignore without harm. */
export const LAYOUT_SUBLEVEL = 0;

/** What programs before would misread, each with what they would do. Off until `ensemble upgrade-environment`. */
export const treeFeatures = {
  canary: 'an agent of release 0.1.0 installs new units with the formula that is still being tried',
  holds: 'a command of release 0.1.0 upgrades what is held',
} as const;

export type TreeFeature = keyof typeof treeFeatures;

const featureNames = Object.keys(treeFeatures).sort();

/** The layout of an environment that everybody who works in it reads. */
export const newestLayout = {
  level: LAYOUT_LEVEL,
  sublevel: LAYOUT_SUBLEVEL,
  minReader: LAYOUT_LEVEL,
  features: featureNames as readonly string[],
} as const;

/** The layouts that a machine's agent reads, as its node says. */
export interface Readable {
  readonly layout: { readonly min: number; readonly max: number };
  readonly features: readonly string[];
}

/** The same of this version. */
export function readable(): { layout: { min: number; max: number }; features: string[] } {
  return { layout: { min: OLDEST_LEVEL, max: LAYOUT_LEVEL }, features: [...featureNames] };
}

/** Features that are on in the environment and that this version does not know. */
export function unknownFeatures({ features = [] }: Pick<Layout, 'features'>): readonly string[] {
  return features.filter((feature) => !featureNames.includes(feature));
}

/** True if this version must not touch the tree. */
export function isTooNew(layout: Pick<Layout, 'minReader' | 'features'>): boolean {
  return layout.minReader > LAYOUT_LEVEL || unknownFeatures(layout).length > 0;
}
