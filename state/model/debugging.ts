import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { UnitDebugged, UnitNotFound } from './errors.js';
import { recordOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { paths, serviceOfUnit } from './paths.js';
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
 * It is on the service's record.
 * @throws UnitNotFound, UnitDebugged
 */
export async function requestDebugging(
  coordinator: Coordinator,
  unit: string,
  { hooks, session }: Pick<DebugRequest, 'hooks' | 'session'>,
  requester: Requester,
): Promise<void> {
  const id = randomUUID();
  const path = paths.debug(unit);
  const value = nodeValue({ ...requester, id, hooks, session });
  const asked = requestEntry(requester, { what: 'debug-hooks', unit, message: hooks.join(' ') });
  await retryOnConflict(`debugging of ${unit}`, async () => {
    if ((await coordinator.get(paths.unit(unit))) === undefined) throw new UnitNotFound({ unit });
    const standing = await readEntity(coordinator, path, debugRequestSchema);
    // The answer to an earlier try was lost.
    if (standing?.value.id === id) return;
    if (standing !== undefined) throw new UnitDebugged({ unit, by: standing.value.by });
    await coordinator.transaction([
      { kind: 'create', path, value, ephemeral: true },
      ...(await recordOperations(coordinator, [serviceOfUnit(unit)], asked)),
    ]);
  });
}
