import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import * as z from '../platform/zod.js';
import { incarnationField } from './incarnation.js';
import { paths } from './paths.js';

/** `/watcher/state`: who looks after the repositories, and whether operators want that. */
export const watcherStateSchema = z.looseObject({
  /** The process that leads; all absent until one did. */
  host: z.optional(z.string()),
  pid: z.optional(z.int()),
  version: z.optional(z.string()),
  /** Milliseconds from one pass to the next. */
  period: z.optional(z.number()),
  /** ISO instants: when it came to lead, and when its last pass was over. */
  since: z.optional(z.string()),
  lastPassAt: z.optional(z.string()),
  /** Milliseconds that the last pass took. */
  lastPassMs: z.optional(z.number()),
  /** ISO instant since which all repositories were asked, as their records say, but for those with these keys. */
  askedSince: z.optional(z.string()),
  unanswered: z.optional(z.array(z.string())),
  /** Looks at nothing until somebody resumes it. */
  paused: z.optional(z.looseObject({ by: z.string(), since: z.string(), reason: z.optional(z.string()) })),
});

export type WatcherState = z.infer<typeof watcherStateSchema>;

/** `/watcher/repositories/<key>`: a repository as it was when it was last polled. Credentials never stand here. */
export const watchedRepositorySchema = z.looseObject({
  /** Its URL or path, as services remember it. */
  location: z.string(),
  /** ISO instant of the last poll. */
  at: z.string(),
  /** Milliseconds that the poll took. */
  ms: z.number(),
  /**
   * `ok`: it answered; `unjudged`: it did, and what it offers is not believed here, or holds no such formulas as services
   * came from; `unavailable`, `not-found`; `rate-limited`, which is never the same as that there is nothing; or a word of a
   * later release.
   */
  outcome: z.string(),
  /** Why it could not be asked. */
  error: z.optional(z.string()),
  /** What it calls its state: a digest of its heads, or of its index. */
  validator: z.optional(z.string()),
  /** ISO instant of the last poll that it answered. */
  lastOkAt: z.optional(z.string()),
  /** Polls in a row that failed. */
  failures: z.int(),
  /** `closed`: it is polled in each pass; `open`: it is left alone; `half-open`: the next poll decides. */
  circuit: z.string(),
  /** ISO instant before which it is left alone. */
  until: z.optional(z.string()),
  /** Services that came from there. */
  services: z.int(),
});

export type WatchedRepository = z.infer<typeof watchedRepositorySchema>;

/** `/watcher/check-<id>`: a command, or a watcher that stands by, that wants repositories asked now. */
export const watcherCheckSchema = z.looseObject({
  by: z.string(),
  requestedAt: z.string(),
  /** The repository, as it is remembered; absent for all of them. */
  location: z.optional(z.string()),
  /** As a webhook names repositories: hosts and paths, such as `github.com/owner/name`. These, and no others. */
  repositories: z.optional(z.array(z.string())),
  /** Set by the watcher, when that is over: how many repositories were asked. */
  asked: z.optional(z.int()),
  /** With it: those of them that did not answer yet; and those that were left alone, as their host is asked too often. */
  unanswered: z.optional(z.array(z.string())),
  leftAlone: z.optional(z.array(z.string())),
});

/** `/watcher/fingerprints/<service>`: what was told of a service, stored after that was acknowledged. */
export const watcherFingerprintSchema = z.looseObject({
  fingerprint: z.string(),
  at: z.string(),
  /** Fingerprints that were announced, the last one last; none of them is announced again. */
  announced: z.array(z.string()),
  /** The formula that was last staged, and the one whose rollout the watcher began last. */
  staged: z.optional(z.string()),
  begun: z.optional(z.string()),
  /** What the policy wants and is not done yet, and why. */
  deferred: z.optional(z.string()),
  /** The life of the service that it was done for. */
  ...incarnationField,
});

export type WatcherFingerprint = z.infer<typeof watcherFingerprintSchema>;

/** The nodes that what the watcher keeps stands under. */
const nodes = [
  paths.watcher,
  paths.watcherElection,
  paths.watcherRepositories,
  paths.watcherFingerprints,
  paths.watcherReports,
  paths.watcherCandidates,
  paths.watcherDeliveries,
];

/** Makes the nodes that the watcher's own stand under; environments of earlier releases have none of them. */
export async function ensureWatcherNodes(coordinator: Coordinator): Promise<void> {
  const found = await coordinator.getMany(nodes);
  for (const [index, path] of nodes.entries())
    if (found[index] === undefined)
      await coordinator.create(path, '{}').catch((error: unknown) => {
        if (!(error instanceof NodeExists)) throw error;
      });
}
