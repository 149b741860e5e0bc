import type { Watching } from '../../control/progress/follow.js';
import type { ExitCode } from '../invocation/invocation.js';

/** A rollout as it is followed. */
export interface FollowedRollout {
  /** Has it go as far as it goes at once, where nobody follows it. */
  begin(): Promise<void>;
  readonly watch: Watching;
  /** What is said of it at the end; undefined where it was never seen. */
  verdict(): Verdict | undefined;
}

/** What a command that followed a rollout says of it at the end, and exits with. */
export interface Verdict {
  readonly lines: readonly string[];
  /** Undefined: as the units say. */
  readonly code: ExitCode | undefined;
  /** Why units that did not get there are not asked any more, where that is the rollout's doing. */
  readonly off?: string;
}
