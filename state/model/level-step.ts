import * as z from '../platform/zod.js';
import { instant } from './instant.js';

/** The kinds of things that are looked through, in this order. */
export const stepKinds = ['services', 'relations', 'units'] as const;

/**
 * `/layout/step`: how far the change of the tree's shape to a newer level is. It stands from the first batch to the last, and
 * each batch sets it, by version: so whoever goes on does so where the last batch ended, and of two one waits for the other.
 */
export const levelStepSchema = z.looseObject({
  /** The level that it leads to. */
  level: z.int(),
  since: instant,
  /** Who began it. */
  by: z.string(),
  /** Services, relations and units as it began. */
  of: z.int().check(z.nonnegative()),
  /** How many of them were changed so far. */
  changed: z.int().check(z.nonnegative()),
  /** All of them are looked through again until nothing is found to change: older programs may make some meanwhile. */
  pass: z.int().check(z.positive()),
  /** The last one that this pass changed; absent before the first. */
  after: z.optional(z.looseObject({ kind: z.enum(stepKinds), name: z.string() })),
  /** How many this pass has looked through as far as that. */
  looked: z.int().check(z.nonnegative()),
  /** `/layout` says the new level: only what older programs made in the last moment is looked for. */
  raised: z.optional(z.boolean()),
});

export type StepKind = (typeof stepKinds)[number];
export type LevelStep = z.infer<typeof levelStepSchema>;
