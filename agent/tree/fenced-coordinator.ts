import type { Clock } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { writingBy } from '../../state/coordination/writing-by.js';
import type { Ownership } from './ownership.js';

/**
 * The coordinator as an agent writes to it: nothing of what it writes is applied once another agent has taken its
 * machine, and what it wants to write then waits until the agent ends. The check goes with the write, in one request.
 * @param isKeptOut true once nothing may be written any more: what it wants to write waits then, too
 */
export function fencedCoordinator(
  coordinator: Coordinator,
  ownership: Ownership,
  clock: Clock,
  isKeptOut: () => boolean = () => false,
): Coordinator {
  async function write(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    for (;;) {
      if (isKeptOut()) await ownership.refusal;
      const { claim } = ownership;
      const asked = clock.monotonic();
      try {
        await coordinator.transaction([{ kind: 'check', path: claim }, ...operations]);
        return ownership.proven(asked);
      } catch (error) {
        if (!(error instanceof NodeNotFound && error.path === claim)) throw error;
        await ownership.verify();
      }
    }
  }

  return writingBy(coordinator, write);
}
