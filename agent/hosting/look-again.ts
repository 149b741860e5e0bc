import type { Timer } from '../../state/platform/clock.js';
import type { AgentParts } from '../machine/parts.js';
import { pauseAfter } from '../contract/retry.js';

/** The reason why one unit cannot be looked after; it names no unit if the tree could not be read. */
export interface UnitTrouble {
  readonly unit: string | undefined;
  readonly error: unknown;
}

/**
 * One look at the tree at a time; what happens during one leads to one more. What fails is looked at again until it
 * works, with the pauses of `untilItWorks`, be it the tree's or the disk's refusal; a change that comes meanwhile is
 * looked at without that pause, since it may be another unit's.
 * @param take reads the tree and does what follows from it; returns the units that need another look
 * @returns what asks for a look
 */
export function lookAgain(
  take: () => Promise<readonly UnitTrouble[]>,
  isOver: () => boolean,
  { clock, random, log }: Pick<AgentParts, 'clock' | 'random' | 'log'>,
): () => void {
  let [looking, again] = [false, false];
  let failures = 0;
  let later: Timer | undefined;

  async function takeUntilQuiet(): Promise<void> {
    while (again && !isOver()) {
      again = false;
      const troubles = await take().catch((error: unknown) => [{ unit: undefined, error }]);
      if (isOver()) break;
      for (const { unit, error } of troubles)
        if (unit === undefined)
          log.error('the units of this machine cannot be read from the state tree', { error });
        else log.error('the unit cannot be looked after; it is tried again', { unit, error });
      later?.cancel();
      if (troubles.length > 0) later = clock.after(pauseAfter(failures, random), look);
      failures = troubles.length > 0 ? failures + 1 : 0;
    }
    // In the same turn in which nothing was left to do: what asks from now on begins anew.
    looking = false;
  }

  function look(): void {
    again = true;
    if (looking) return;
    looking = true;
    later?.cancel();
    void takeUntilQuiet();
  }
  return look;
}
