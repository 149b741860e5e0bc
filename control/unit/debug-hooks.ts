import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type DebugRequest, debugRequestSchema } from '../../state/model/debugging.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { UnitDebugged, UnitNotFound } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';

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
