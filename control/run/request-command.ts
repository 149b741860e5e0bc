import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { commandLine } from '../../state/model/command-line.js';
import { type CommandRequest, commandRequestSchema } from '../../state/model/commands.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';

/**
 * Asks for a command to be run in a unit's context. The request goes with this session. It is on the service's record,
 * with the command line.
 * @param entry what goes on record, where it is not this unit's alone
 * @returns the request's id
 * @throws UnitNotFound, ValueTooLarge
 */
export async function requestCommand(
  coordinator: Coordinator,
  unit: string,
  { command, timeLimit }: Pick<CommandRequest, 'command'> & { readonly timeLimit?: number | undefined },
  requester: Requester,
  entry?: HistoryEntry,
): Promise<string> {
  const id = randomUUID();
  const path = paths.command(unit, id);
  const value = nodeValue({ ...requester, command, ...(timeLimit !== undefined && { timeLimit }) });
  const asked = entry ?? requestEntry(requester, { what: 'run', unit, message: commandLine(command) });
  await retryOnConflict(`commands of ${unit}`, async () => {
    // The answer to an earlier try was lost.
    if ((await coordinator.get(path)) !== undefined) return;
    if ((await coordinator.get(paths.unit(unit))) === undefined) throw new UnitNotFound({ unit });
    await coordinator.transaction([
      { kind: 'create', path, value, ephemeral: true },
      ...(await recordOperations(coordinator, [serviceOfUnit(unit)], asked)),
    ]);
  });
  return id;
}

/**
 * Takes a request back, so that no agent begins it from then on.
 * @returns false where it has begun
 */
export async function withdrawCommand(coordinator: Coordinator, unit: string, id: string): Promise<boolean> {
  const path = paths.command(unit, id);
  return retryOnConflict(`commands of ${unit}`, async () => {
    const request = await readEntity(coordinator, path, commandRequestSchema);
    if (request?.value.begunAt !== undefined) return false;
    if (request !== undefined) await unlessGone(() => coordinator.remove(path, request.version));
    return true;
  });
}
