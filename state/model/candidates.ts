import * as z from '../platform/zod.js';

/** A formula in an open pull request, or in a branch `candidate/*`, that is not released. */
const openCandidateSchema = z.object({
  /** `pr:22`, or for the branch `candidate/foo` `branch:foo`. */
  key: z.string(),
  /** The formula's name. */
  formula: z.string(),
  revision: z.int(),
  /** All digits. */
  commit: z.string(),
  /** As git has it: `refs/pull/22/head`. */
  ref: z.string(),
  /** Where people read of it; empty for a branch. */
  url: z.string(),
  title: z.string(),
  /** When it changed last, as its repository says; ISO 8601. */
  updatedAt: z.string(),
  /** When it was last seen to move, or `updatedAt`, whichever is later: a push may have an older date. */
  movedAt: z.string(),
  /** Nothing happened to it for so long that it is not tried by itself. */
  stale: z.optional(z.boolean()),
  /** The change's name for others: `github.com/owner/name#22`. */
  id: z.string(),
  /** The same of the changes that it needs. */
  dependsOn: z.array(z.string()),
});

/**
 * `/watcher/candidates/<place>`: what is open in a repository, as the watcher saw it last. Where it could not ask, `why`
 * says so, and the candidates are those of before. The watcher writes all of it anew, so nothing of it is kept.
 */
export const candidatesSchema = z.object({
  /** The repository, as services remember it. */
  url: z.string(),
  /** When that changed last; ISO 8601. */
  at: z.string(),
  /** False where there may be more than is listed here: what is not here need not be closed. */
  known: z.boolean(),
  why: z.optional(z.string()),
  /** Its forge was asked too often: until when it is left alone (ISO 8601), and a digest of the credential that it was asked with. */
  limited: z.optional(z.object({ until: z.string(), credential: z.string() })),
  candidates: z.array(openCandidateSchema),
  /** By change, what was told to be tried: a digest of its commit and those of all that it needs. */
  tried: z.optional(z.record(z.string(), z.string())),
});

export type OpenCandidate = z.infer<typeof openCandidateSchema>;
export type Candidates = z.infer<typeof candidatesSchema>;
