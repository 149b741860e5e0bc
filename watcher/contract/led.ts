import type { Session } from '../../control/session.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import type { GitHeads } from '../../state/formula/repositories/git-fetch.js';
import type { Clock } from '../../state/platform/clock.js';
import type { Announcer } from './announcement.js';
import type { Log } from './log.js';
import type { Reporter } from './report.js';

/** What is injected wherever time or chance matters, and where it is told. */
export interface Surroundings {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** An environment that this process watches, for as long as it leads there. */
export interface Led extends Surroundings {
  readonly session: Session;
  /** Belongs into each transaction of the watcher: it is refused once another one leads. */
  readonly guard: Operation;
  /** Aborted when another one leads, or this one ends. */
  readonly over: AbortSignal;
}

/** One look at one environment. */
export interface Pass extends Led {
  readonly reporter: Reporter;
  readonly announcer: Announcer;
}

/** A look at one environment, whose repositories were asked. */
export interface PolledPass extends Pass {
  /**
   * What a repository of git's named when it was asked.
   * @param location as a service remembers it
   * @returns undefined where it did not answer the last time
   */
  heads(location: string): GitHeads | undefined;
}

/** Something that is done in each pass for an environment, after its repositories were polled. */
export interface Part {
  /** For the log. */
  readonly name: string;
  /** @throws EnsembleError, which is logged and reported, and keeps no other part from its work */
  pass(pass: PolledPass): Promise<void>;
  /** The environment is not led any more. */
  close(): Promise<void>;
}

/** What is made for each environment when it comes to be led. */
export interface LedParts {
  readonly reporter: Reporter;
  readonly announcer: Announcer;
  readonly parts: readonly Part[];
  close(): Promise<void>;
}
