import { type Clock, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { absenceOf } from '../../state/model/absence.js';
import { type Entity, parseEntity, parseSound } from '../../state/model/entity.js';
import { type KeptRequest, keptRequestSchema } from '../../state/model/kept.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { type Machine, machineSchema } from '../../state/model/machine-schemas.js';

/** Milliseconds after which it is said that an answer takes its time: much data takes long to remove. */
const MOMENT = 2_000;

/** Milliseconds for which an agent that went down is waited for: it may just be restarted. */
const PATIENCE = 15_000;

/** The news between a request and its answer: it takes its time, or the agent went down and is waited for. */
export interface KeptEvent {
  readonly kind: 'waits' | 'agent-left';
  readonly machine: string;
}

/**
 * Waits for a machine's agent to answer what is asked of the units it keeps, and tells what keeps it waiting. Where the
 * machine is removed meanwhile, that is the answer. `unreached`: its agent was stopped or suspended, or went down and did
 * not come back soon. Undefined after Ctrl-C: what was not begun is taken back when the session closes.
 * @throws NodeInvalid
 */
export async function awaitKept(
  coordinator: Coordinator,
  machine: string,
  id: string,
  tell: (event: KeptEvent) => void,
  interrupt: AbortSignal,
  clock: Clock = systemClock,
): Promise<KeptRequest['result'] | 'unreached'> {
  const observations: { close(): void }[] = [];
  let node: Entity<Machine> | undefined;
  let timer: Timer | undefined;
  let patience: Timer | undefined;
  try {
    return await new Promise<KeptRequest['result'] | 'unreached'>((resolve, reject) => {
      let up = true;
      const look = (isFirst: boolean): void => {
        if (absenceOf(node?.value).kind === 'suspended') resolve('unreached');
        else if (isFirst) tell({ kind: 'waits', machine });
        timer = clock.after(MOMENT, () => look(false));
      };
      timer = clock.after(MOMENT, () => look(true));
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
        coordinator.observe(paths.machine(machine), (found) => {
          node = parseSound(paths.machine(machine), machineSchema, found, []);
          // The request went with it: nobody answers any more.
          if (found === undefined)
            resolve({
              units: [],
              more: { units: 0, bytes: 0 },
              reason: 'the machine was removed from the environment meanwhile',
            });
        }),
        coordinator.observe(paths.agent(machine), (presence) => {
          if (stoppedAt(presence) !== undefined) resolve('unreached');
          else if (up && !isPresence(presence)) {
            tell({ kind: 'agent-left', machine });
            patience = clock.after(PATIENCE, () => resolve('unreached'));
          }
          up = isPresence(presence);
          if (up) patience?.cancel();
        }),
      );
    });
  } finally {
    timer?.cancel();
    patience?.cancel();
    for (const observation of observations) observation.close();
  }
}
