import { randomUUID } from 'node:crypto';
import { type Clock, pause, systemClock } from '../platform/clock.js';
import {
  NodeExists,
  NodeNotEmpty,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../coordination/errors.js';
import { TooManyConflicts } from './errors.js';

/** More than a hundred may ask at the same moment, and all of them raise the number of the last request on record. */
const MOST_TRIES = 60;

/** After so many tries in a row, what stands below one and the same node is no race: nobody removes it. */
const MOST_NOT_EMPTY = 10;

/** A new id for one command's writes, by which it knows them again when an answer was lost. */
export function newChangeId(): string {
  return randomUUID();
}

/**
 * Runs `attempt`, which reads, decides and writes with version checks, again as often as somebody else was faster.
 *
 * `attempt` must bear being run again after its own write went through unseen (`OutcomeUnknown`): it recognises its
 * change id, or writes what is the same the second time. `NodeExists` and `NodeNotFound` count as conflicts too: the
 * next reading turns them into what they mean, so an attempt that throws them twice in a row on the same path has
 * found a fact and not a race. So has one that cannot remove a node, for what is below it, ten times in a row.
 * @throws NodeNotEmpty; TooManyConflicts after 60 tries; whatever else `attempt` throws
 */
export async function retryOnConflict<T>(
  what: string,
  attempt: () => Promise<T>,
  {
    clock = systemClock,
    random = Math.random,
  }: { readonly clock?: Clock; readonly random?: () => number } = {},
): Promise<T> {
  let lastPath: string | undefined;
  let notEmpty = { path: '', times: 0 };
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof NodeNotEmpty) {
        // Something was put below a node between its being looked through and its being removed, or stands there.
        notEmpty = { path: error.path, times: error.path === notEmpty.path ? notEmpty.times + 1 : 1 };
        if (notEmpty.times === MOST_NOT_EMPTY) throw error;
        lastPath = undefined;
      } else if (error instanceof NodeExists || error instanceof NodeNotFound) {
        if (error.path === lastPath) throw error;
        lastPath = error.path;
      } else if (error instanceof VersionConflict || error instanceof OutcomeUnknown) {
        lastPath = undefined;
      } else {
        throw error;
      }
      await pause(clock, random() * Math.min(2 ** tries, 100));
    }
  }
  throw new TooManyConflicts({ what });
}
