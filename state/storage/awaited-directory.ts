import { type Clock, systemClock } from '../platform/clock.js';
import { HelperSilent } from './helper.js';
import { Helpers, SILENCE } from './helpers.js';

/** The directory that did not answer, and for how many seconds. */
export interface Silent {
  readonly path: string;
  readonly seconds: number;
}

/** Kept for the next look of the same command: to start one takes longer than to look. It ends with this process. */
let shared: Helpers | undefined;

/**
 * Has another process read what is to be read here afterwards: what hangs in this one, such as a network mount that is
 * away, can be ended by nobody, not even by Ctrl-C.
 * @param how `repository`: what tells which formulas are in a directory; `whole`: all that is in a formula, or a bundle
 * @param most bytes; what has more is refused by its size
 * @param silence milliseconds after which it is taken to hang
 * @returns undefined where all of it answers, be it by errors
 */
export async function whatIsSilent(
  path: string,
  how: 'repository' | 'whole',
  most: number,
  silence = SILENCE,
  clock: Clock = systemClock,
): Promise<Silent | undefined> {
  const isShared = silence === SILENCE && clock === systemClock;
  if (isShared) shared ??= new Helpers(systemClock, SILENCE);
  const helpers = isShared && shared !== undefined ? shared : new Helpers(clock, silence);
  try {
    await helpers.answer(['walk', path, how, String(most)]);
    return undefined;
  } catch (error) {
    return error instanceof HelperSilent ? { path: error.path ?? path, seconds: error.seconds } : undefined;
  } finally {
    if (!isShared) helpers.close();
  }
}
