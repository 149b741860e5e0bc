import { EnsembleError } from '../state/errors.js';
import type { AgentParts } from './parts.js';
import { untilItWorks } from './retry.js';

/**
 * One look at the tree at a time; what happens during one leads to one more.
 * @param take reads the tree and does what follows from it
 * @returns what asks for a look
 */
export function lookAgain(
  take: () => Promise<void>,
  isOver: () => boolean,
  { clock, random, log }: Pick<AgentParts, 'clock' | 'random' | 'log'>,
): () => void {
  let [looking, again] = [false, false];

  async function takeUntilQuiet(): Promise<void> {
    while (again && !isOver()) {
      again = false;
      await take();
    }
  }

  return function look(): void {
    again = true;
    if (looking) return;
    looking = true;
    untilItWorks(takeUntilQuiet, {
      clock,
      random,
      mayHeal: (error) => error instanceof EnsembleError && !isOver(),
      failed: (error) => {
        again = true;
        log.error('the units of this machine cannot be read from the state tree', { error });
      },
    })
      .catch((error: unknown) => {
        if (!isOver()) log.error('the units of this machine were not read from the state tree', { error });
      })
      .finally(() => {
        looking = false;
        if (again && !isOver()) look();
      });
  };
}
