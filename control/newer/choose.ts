import type { Classified, Opinion } from './classify.js';

/** Which newer revision an upgrade takes, and which higher ones it does not. */
export interface Choice {
  /** Undefined where nothing newer is taken. */
  readonly revision: number | undefined;
  /** The highest first. */
  readonly passedOver: readonly Classified[];
}

/**
 * Takes the highest revision that is not ineligible.
 * @param compatible the highest that is eligible
 */
export function choose(opinion: Opinion, compatible: boolean): Choice {
  const { candidates } = opinion;
  const index = candidates.findIndex((each) =>
    compatible ? each.class === 'eligible' : each.class !== 'ineligible',
  );
  return index === -1
    ? { revision: undefined, passedOver: candidates }
    : { revision: candidates[index]?.revision, passedOver: candidates.slice(0, index) };
}
