import * as z from '../platform/zod.js';

/** Milliseconds for which what a removed unit leaves is kept, where the environment does not say: a week. */
export const KEEP_REMOVED = 7 * 86_400_000;

/** One removed unit whose directory a machine keeps. */
const keptUnitSchema = z.looseObject({
  unit: z.string(),
  /** Empty where it is not known. */
  incarnation: z.string(),
  /** ISO instant. */
  removedAt: z.string(),
  bytes: z.number(),
  /** ISO instant at which it goes by itself; absent where only an operator removes it. */
  until: z.optional(z.string()),
  /** Absolute, on its machine. */
  directory: z.string(),
  /** Why it could not be removed. */
  reason: z.optional(z.string()),
});

/** `/machines/<machine>/prune-<id>`, ephemeral, of the command that asks; the agent adds `result`. */
export const keptRequestSchema = z.looseObject({
  requestedAt: z.string(),
  by: z.string(),
  /** Only what is kept of this unit. */
  unit: z.optional(z.string()),
  /** Only say what would go. */
  dryRun: z.optional(z.boolean()),
  result: z.optional(
    z.looseObject({
      units: z.array(keptUnitSchema),
      /** The units that are not named, as there are too many. */
      more: z.looseObject({ units: z.int(), bytes: z.number() }),
      /** Why what is kept could not be looked through: nothing went. */
      reason: z.optional(z.string()),
    }),
  ),
});

export type KeptUnit = z.infer<typeof keptUnitSchema>;

export type KeptRequest = z.infer<typeof keptRequestSchema>;

/** Begins the names of the nodes under a machine by which its agent is asked about what it keeps. */
export const KEPT_REQUEST = 'prune-';
