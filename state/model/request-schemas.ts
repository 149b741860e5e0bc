import * as z from '../platform/zod.js';
import { instant } from './instant.js';
import { remembering } from './remembering.js';

const request = { requestedAt: instant, by: z.string() };

/**
 * `/units/<unit>/upgrade`: the flag. `force`: also a unit that is in an error state. `to`: this formula and not the
 * service's. `revert`: it goes back, by the hook of the formula it goes back to. `revertOnError`: a unit whose upgrade
 * hook fails goes back by itself. `whileBusy`, of one that goes back: also a unit that is busy; others say so by `force`.
 */
export const flagSchema = remembering(
  z.looseObject({
    ...request,
    force: z.optional(z.boolean()),
    to: z.optional(z.string()),
    revert: z.optional(z.boolean()),
    revertOnError: z.optional(z.boolean()),
    whileBusy: z.optional(z.boolean()),
    /** The id of the rollout that asks. */
    rollout: z.optional(z.string()),
    /** The passage in lockstep: it goes ahead when that is opened in its service's rollout. @see passageOf */
    lockstep: z.optional(z.string()),
    /** The `since` of the error that the unit was in when it was asked: as long as it stands there, it has not begun. */
    over: z.optional(z.string()),
  }),
);

/** `/units/<unit>/resolved`. `id` tells one request from the next one for the same unit. */
export const resolvedSchema = z.looseObject({ ...request, id: z.string(), retry: z.boolean() });

/**
 * `/units/<unit>/abort`: one of the two that was seen, so that nothing else is aborted. Commands of release 0.1.0 name
 * only processes: without any, whatever waits is meant.
 */
export const abortSchema = z.looseObject({
  ...request,
  id: z.string(),
  /** The number of the process to be ended. */
  pid: z.optional(z.int()),
  /** The hook that is not to wait for its next try, and since when it does. */
  waiting: z.optional(
    z.looseObject({
      hook: z.string(),
      since: instant,
      /** For a relation's hook, the relation's id as in the unit's status; absent for the unit's own hooks. */
      relation: z.optional(z.string()),
    }),
  ),
});

/** `/units/<unit>/removal`. */
export const removalSchema = remembering(
  z.looseObject({
    ...request,
    /** Its directory is kept until an operator removes it. */
    keepData: z.optional(z.boolean()),
    /** That stands there only for an agent that would remove the directory at once; others keep it for its time. */
    forOlderAgent: z.optional(z.boolean()),
    /** Its directory is not kept at all. */
    purge: z.optional(z.boolean()),
  }),
);

export type Flag = z.infer<typeof flagSchema>;
export type Resolved = z.infer<typeof resolvedSchema>;
export type Abort = z.infer<typeof abortSchema>;
export type Removal = z.infer<typeof removalSchema>;
