import type { Coordinator } from '../../state/coordination/coordinator.js';

/** Something that a service should know of: that there are newer revisions of its formula. */
export interface Announcement {
  /** The fingerprint of what is announced: receivers tell by it what they have heard already. */
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  /** The id of the formula that is deployed. */
  readonly formula: string;
  /** The repository's URL or path. */
  readonly repository: string;
  /** Revisions; null where there is none. */
  readonly deployed: number;
  readonly eligible: number | null;
  readonly questionable: number | null;
  readonly urgent: number | null;
  /** ISO instant. */
  readonly at: string;
  /** What the watcher does about it by itself, such as `notify`, `stage` or `auto`. */
  readonly did: string;
  /** There where it tells of a formula in an open change instead, which is to be tried: it, or what it needs, moved. */
  readonly candidate?: AnnouncedCandidate;
}

/** A formula in an open change. */
export interface AnnouncedCandidate {
  /** `pr:22`, `branch:foo`. */
  readonly change: string;
  readonly revision: number;
  readonly commit: string;
  /** Where people read of it; empty for a branch. */
  readonly url: string;
  readonly title: string;
  /** What is to be tried together, each after what it needs, the change itself among them. */
  readonly set: readonly {
    /** `github.com/owner/name#22`. */
    readonly id: string;
    readonly formula: string;
    readonly revision: number;
    readonly commit: string;
  }[];
}

/** Brings announcements to whoever wants to know. */
export interface Announcer {
  /**
   * Resolves when it is acknowledged: durably queued, so that it is delivered whatever happens next. What is announced with
   * the same id again is delivered once at most, as far as that can be known.
   * @param by writes it, and refuses where the service is not any more what it was judged as
   * @throws EnsembleError where it could not be queued; it is announced again in the next pass; what `by` throws
   */
  announce(announcement: Announcement, by: Coordinator): Promise<void>;
}
