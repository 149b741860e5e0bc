import * as z from '../platform/zod.js';
import { incarnationField } from './incarnation.js';
import { instant } from './instant.js';

/**
 * `/units/<related>/asked-<unit>`: the upgrade of a unit of which a related unit is told, and which it may hold. Written by the
 * agent of the unit that is to be upgraded, and removed by it together with the answer. Agents before this release leave it
 * alone, which counts as silence.
 */
export const upgradeAskSchema = z.looseObject({
  /** Tells it from the next one for the same two units. */
  id: z.string(),
  /** The unit that is to be upgraded, and which life of it. */
  unit: z.string(),
  ...incarnationField,
  /** The number of the relation between the two; of several, the first. */
  relation: z.string(),
  /** Formula ids. */
  from: z.string(),
  to: z.string(),
  /** What the step is to its service, and whether its author calls it urgent; both may be empty. */
  class: z.string(),
  urgent: z.string(),
  at: instant,
  /** Until when all related units together may hold it at most. */
  deadline: instant,
});

/**
 * `/units/<unit>/word-<related>`: the answer of a related unit. Written by the agent of that one, where what it was asked stands.
 */
export const relatedWordSchema = z.looseObject({
  /** Which ask it answers. */
  ask: z.string(),
  /** The hook has ended, or there is none. */
  answered: z.boolean(),
  hold: z.optional(
    z.looseObject({
      since: instant,
      until: instant,
      /** Why; empty where the formula did not say. */
      reason: z.string(),
    }),
  ),
});

export type UpgradeAsk = z.infer<typeof upgradeAskSchema>;
export type RelatedWord = z.infer<typeof relatedWordSchema>;
