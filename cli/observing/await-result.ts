import { type Clock, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type CommandResult, commandRequestSchema } from '../../state/model/commands.js';
import { parseEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { formatDuration } from '../output/durations.js';
import type { Output } from '../output/output.js';
import type { AgentHost } from './require-agent.js';
import { watchWhatKeepsWaiting } from './what-keeps-waiting.js';

/** Milliseconds that an agent gets to end a command and to tell of it. */
const GRACE = 20_000;

/**
 * Waits for the result of a command, and tells meanwhile what keeps it waiting. Ctrl-C ends the waiting: a request that
 * has not begun is taken back when the session closes, one that has begun runs to its end.
 * @param timeout milliseconds for waiting and running; `too-late` is what took longer
 * @throws UnitNotFound where the unit goes meanwhile
 */
export async function awaitResult(
  coordinator: Coordinator,
  unit: string,
  id: string,
  { machine }: AgentHost,
  output: Output,
  interrupt: AbortSignal,
  timeout: number | undefined,
  clock: Clock = systemClock,
): Promise<CommandResult | 'interrupted' | 'too-late'> {
  const observations: { close(): void }[] = [];
  let deadline: Timer | undefined;
  try {
    return await new Promise<CommandResult | 'interrupted' | 'too-late'>((resolve, reject) => {
      let begun = false;
      const waiting = watchWhatKeepsWaiting(coordinator, clock, unit, (reason) => {
        if (!begun) output.notice(`the command waits: ${reason}`);
      });
      observations.push(waiting);
      // One that has begun is ended by the agent, which counts its waiting in; for one that does not answer, a while.
      if (timeout !== undefined)
        deadline = clock.after(timeout, () => {
          const late = `no answer within ${formatDuration(timeout)}`;
          if (begun) {
            deadline = clock.after(GRACE, () => {
              output.warn(`${late}: the agent on ${machine} does not tell what became of it`);
              resolve('too-late');
            });
            return;
          }
          output.warn(`not begun within ${formatDuration(timeout)}, and taken back: ${waiting.reason()}`);
          resolve('too-late');
        });
      let up = true;
      const give = (): void => {
        output.notice(
          begun
            ? `it goes on, and what it prints is lost; to end it: ensemble abort ${unit}`
            : 'taken back; it had not begun',
        );
        resolve('interrupted');
      };
      if (interrupt.aborted) give();
      interrupt.addEventListener('abort', give, { once: true });
      const path = paths.command(unit, id);
      observations.push(
        coordinator.observe(path, (node) => {
          try {
            const request = parseEntity(path, commandRequestSchema, node)?.value;
            begun = request?.begunAt !== undefined;
            if (request?.result !== undefined) resolve(request.result);
          } catch (error) {
            reject(error);
          }
        }),
        coordinator.observe(paths.unit(unit), (node) => {
          if (node === undefined) reject(new UnitNotFound(unit));
        }),
        coordinator.observe(paths.agent(machine), (node) => {
          if (up && !isPresence(node)) {
            const what = stoppedAt(node) === undefined ? 'went down' : 'was stopped';
            output.warn(`the agent on ${machine} ${what}; waiting for it to come back`);
          }
          up = isPresence(node);
        }),
      );
    });
  } finally {
    deadline?.cancel();
    for (const observation of observations) observation.close();
  }
}
