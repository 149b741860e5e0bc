import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { type CommandResult, commandRequestSchema } from '../../state/model/commands.js';
import { parseEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { isPresence } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Output } from '../output/output.js';
import type { AgentHost } from './require-agent.js';

/**
 * Waits for the result of a command, and tells meanwhile what keeps it waiting. Ctrl-C ends the waiting: a request that
 * has not begun is taken back when the session closes, one that has begun runs to its end.
 * @throws UnitNotFound where the unit goes meanwhile
 */
export async function awaitResult(
  coordinator: Coordinator,
  unit: string,
  id: string,
  { machine }: AgentHost,
  output: Output,
  interrupt: AbortSignal,
): Promise<CommandResult | 'interrupted'> {
  const observations: Observation[] = [];
  try {
    return await new Promise<CommandResult | 'interrupted'>((resolve, reject) => {
      let begun = false;
      let up = true;
      const give = (): void => {
        output.notice(begun ? 'it goes on; what it prints is lost' : 'taken back; it had not begun');
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
            output.warn(`the agent on ${machine} went down; waiting for it to come back`);
          }
          up = isPresence(node);
        }),
      );
    });
  } finally {
    for (const observation of observations) observation.close();
  }
}
