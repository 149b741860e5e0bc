import * as z from '../platform/zod.js';

/** One thing in a directory that could not be changed, and what its owner can do. */
const problemSchema = z.object({ item: z.string(), reason: z.string(), remedy: z.string() });

/**
 * How one directory stands, as `ensemble-migrate --format json` tells it. `needed` and `blocked` have the older layout,
 * and `older` has it too, as it was to be laid back; of `current`, `problems` are things that were illegible already, and were left as they are.
 */
const directorySchema = z.object({
  directory: z.string(),
  kind: z.enum(['home', 'data']),
  state: z.enum(['absent', 'current', 'needed', 'blocked', 'too-new', 'older']),
  /** The layout that was found: `empty`, `legacy` (without a marker), or its number. */
  found: z.union([z.literal('empty'), z.literal('legacy'), z.int()]),
  /** It was not there, and was made. */
  made: z.optional(z.literal(true)),
  /** The marker that was found and is not known. */
  marker: z.optional(z.string()),
  /** What was changed, or is to be, by the kind of thing. */
  changes: z.array(z.string()),
  problems: z.array(problemSchema),
  /** Why nothing was done. */
  reason: z.optional(z.string()),
  remedy: z.optional(z.string()),
  /** An agent works in it. */
  inUse: z.optional(z.literal(true)),
  /** The process of that agent, where its claim names it already. */
  pid: z.optional(z.int()),
  /** Where it was copied to before. */
  backup: z.optional(z.string()),
});

/** The output of `ensemble-migrate --format json`. */
export const migrationSchema = z.object({ directories: z.array(directorySchema) });

export type DirectoryReport = z.infer<typeof directorySchema>;
export type Problem = z.infer<typeof problemSchema>;
