import { type Clock, systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseEntity } from '../../state/model/entity.js';
import { type KeptRequest, keptRequestSchema } from '../../state/model/kept.js';
import { isPresence } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Output } from '../output/output.js';

/** Milliseconds after which it is said that an answer takes its time: much data takes long to remove. */
const MOMENT = 2_000;

/**
 * Waits for a machine's agent to answer what is asked of the units it keeps, and tells what keeps it waiting. Where the
 * machine is removed meanwhile, that is the answer. Undefined after Ctrl-C: what was not begun is taken back when the
 * session closes.
 * @throws NodeInvalid
 */
export async function awaitKept(
  coordinator: Coordinator,
  machine: string,
  id: string,
  output: Output,
  interrupt: AbortSignal,
  clock: Clock = systemClock,
): Promise<KeptRequest['result']> {
  const observations: { close(): void }[] = [];
  const timer = clock.after(MOMENT, () => output.notice(`waiting for the agent on ${machine}`));
  try {
    return await new Promise<KeptRequest['result']>((resolve, reject) => {
      let up = true;
      if (interrupt.aborted) resolve(undefined);
      interrupt.addEventListener('abort', () => resolve(undefined), { once: true });
      const path = paths.keptRequest(machine, id);
      observations.push(
        coordinator.observe(path, (node) => {
          try {
            const result = parseEntity(path, keptRequestSchema, node)?.value.result;
            if (result !== undefined) resolve(result);
          } catch (error) {
            reject(error);
          }
        }),
        coordinator.observe(paths.machine(machine), (node) => {
          // The request went with it: nobody answers any more.
          if (node === undefined)
            resolve({
              units: [],
              more: { units: 0, bytes: 0 },
              reason: 'the machine was removed from the environment meanwhile',
            });
        }),
        coordinator.observe(paths.agent(machine), (node) => {
          if (up && !isPresence(node))
            output.warn(`the agent on ${machine} went down; waiting for it to come back`);
          up = isPresence(node);
        }),
      );
    });
  } finally {
    timer.cancel();
    for (const observation of observations) observation.close();
  }
}
