import type { Transcript } from './transcript.js';

/** What the demo of the system needs of the whole one. */
export interface Stage {
  readonly transcript: Transcript;
  /** For files of its own. */
  readonly home: string;
  /** Does one step, unless the demo was interrupted, which ends it. */
  step(work: () => Promise<unknown>): Promise<void>;
}
