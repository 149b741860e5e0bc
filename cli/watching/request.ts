import type { Session } from '../../control/session.js';
import type { Moment } from '../arguments/moment.js';
import type { Invocation } from '../invocation/invocation.js';
import type { Format } from '../output/output.js';

/** The options of all of its actions. */
export interface WatcherOptions {
  readonly format: Format;
  readonly reason?: string;
  readonly service?: string;
  readonly failed?: boolean;
  readonly since?: Moment;
  readonly log?: boolean;
}

/** What an action is given. */
export interface WatcherRequest {
  readonly session: Session;
  /** The second word, for actions that take one. */
  readonly subject: string | undefined;
  readonly options: WatcherOptions;
  readonly invocation: Invocation;
}
