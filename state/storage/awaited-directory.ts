import { type Clock, systemClock } from '../platform/clock.js';
import { HelperSilent } from './helper.js';
import type { HelperRequest } from './helper-protocol.js';
import { Helpers, SILENCE } from './helpers.js';

/** The directory that did not answer, and for how many seconds. */
export interface Silent {
  readonly path: string;
  readonly seconds: number;
}

/** The number of the file system that a directory is on; null where nothing is there, or nothing could be asked. */
export interface Answering {
  readonly device: number | null;
}

/** Kept for the next look of the same command: to start one takes longer than to look. It ends with this process. */
let shared: Helpers | undefined;

/**
 * Has another process read what is to be read here afterwards: what hangs in this one, such as a network mount that is
 * away, can be ended by nobody, not even by Ctrl-C.
 * @param how `repository`: what tells which formulas are in a directory; `whole`: all that is in a formula, or a bundle
 * @param most bytes; what has more is refused by its size
 * @param silence milliseconds after which it is taken to hang
 * @returns what is silent; where all of it answers, be it by errors, the file system that it is on
 */
export async function whatIsSilent(
  path: string,
  how: 'repository' | 'whole',
  most: number,
  silence = SILENCE,
  clock: Clock = systemClock,
): Promise<Silent | Answering> {
  return asked(path, ['walk', path, how, String(most)], silence, clock);
}

/**
 * The file system that a path is on now. Asked of another process too.
 * @param silence milliseconds after which it is taken to hang
 */
export async function whereItIs(
  path: string,
  silence = SILENCE,
  clock: Clock = systemClock,
): Promise<Silent | Answering> {
  return asked(path, ['device', path], silence, clock);
}

async function asked(
  path: string,
  request: HelperRequest,
  silence: number,
  clock: Clock,
): Promise<Silent | Answering> {
  const isShared = silence === SILENCE && clock === systemClock;
  if (isShared) shared ??= new Helpers(systemClock, SILENCE);
  const helpers = isShared && shared !== undefined ? shared : new Helpers(clock, silence);
  try {
    return { device: await helpers.answer(request) };
  } catch (error) {
    return error instanceof HelperSilent
      ? { path: error.path ?? path, seconds: error.seconds }
      : { device: null };
  } finally {
    if (!isShared) helpers.close();
  }
}
