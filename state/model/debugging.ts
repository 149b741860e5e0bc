import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown } from '../coordination/errors.js';
import * as z from '../zod.js';
import { nodeValue, readEntity } from './entity.js';
import { UnitDebugged, UnitNotFound } from './errors.js';
import { paths } from './paths.js';
import type { Requester } from './requester.js';

/** `/units/<unit>/debug`, ephemeral: gone with the CLI that debugs. */
export const debugRequestSchema = z.looseObject({
  requestedAt: z.string(),
  by: z.string(),
  id: z.string(),
  /** Patterns of hooks' names. */
  hooks: z.array(z.string()).check(z.minLength(1)),
  /** The tmux session whose windows the hooks are opened in. */
  session: z.string(),
});

export type DebugRequest = z.infer<typeof debugRequestSchema>;

/**
 * Asks for a unit's hooks to be opened in windows of a tmux session. The request goes with this coordinator session.
 * @throws UnitNotFound, UnitDebugged
 */
export async function requestDebugging(
  coordinator: Coordinator,
  unit: string,
  { hooks, session }: Pick<DebugRequest, 'hooks' | 'session'>,
  requester: Requester,
): Promise<void> {
  const id = randomUUID();
  for (;;) {
    try {
      const value = nodeValue({ ...requester, id, hooks, session });
      return await coordinator.create(paths.debug(unit), value, { ephemeral: true });
    } catch (error) {
      if (error instanceof NodeNotFound) throw new UnitNotFound(unit);
      if (error instanceof NodeExists) {
        const standing = await readEntity(coordinator, paths.debug(unit), debugRequestSchema);
        if (standing?.value.id === id) return;
        if (standing !== undefined) throw new UnitDebugged(unit, standing.value.by);
      } else if (!(error instanceof OutcomeUnknown)) {
        throw error;
      }
    }
  }
}
