import type { Clock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { removeRelationIfLeft } from '../../state/model/removal.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { Log } from '../contract/log.js';
import { untilItWorks } from '../contract/retry.js';

/** Removes peer relations that their service's formula dropped, once no unit of it has them any more. */
export interface DroppedRelations {
  /**
   * Looks whether the relation of this number can go. Called by each unit once its own formula lacks it, so that the last
   * one finds that all do; for units that come to this together it is looked once, as it takes a reading of all units.
   */
  look(relation: string): void;
  close(): void;
}

export function removeDropped(
  coordinator: Coordinator,
  { clock, random, log }: { readonly clock: Clock; readonly random: () => number; readonly log: Log },
): DroppedRelations {
  /** By number: whether to look once more after the look that is under way. */
  const underWay = new Map<string, boolean>();
  const ended = new AbortController();

  async function work(relation: string): Promise<void> {
    while (underWay.get(relation) === true && !ended.signal.aborted) {
      underWay.set(relation, false);
      await untilItWorks(
        () => betweenFaults('relation.dropped', () => removeRelationIfLeft(coordinator, relation)),
        {
          clock,
          random,
          signal: ended.signal,
          mayHeal: (error) => error instanceof EnsembleError,
          failed: (error) => log.warning(`whether relation ${relation} can go is not known`, { error }),
        },
      );
    }
  }

  return {
    look(relation) {
      const begun = underWay.has(relation);
      underWay.set(relation, true);
      if (begun) return;
      work(relation)
        .catch((error: unknown) => {
          if (!ended.signal.aborted)
            log.error(`relation ${relation} stays although nobody has it`, { error });
        })
        .finally(() => underWay.delete(relation));
    },
    close: () => ended.abort(),
  };
}
