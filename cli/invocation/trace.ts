import type { Environment } from '../../state/environments/environment.js';

/** What a command leaves behind for the notices that may follow it. */
export interface Trace {
  /** Its name, once it has begun. */
  command?: string;
  /** The environment that it went to; none where it went to none. */
  environment?: Environment;
  /** Formula ids that it saw services to have, by service. */
  readonly seen: Map<string, string>;
  /** The same of those to which it gave them just now. */
  readonly given: Map<string, string>;
}

/** Of a command that has not begun. */
export function emptyTrace(): Trace {
  return { seen: new Map(), given: new Map() };
}
