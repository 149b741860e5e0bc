import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown } from '../../state/coordination/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { MachineNotFound } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { KEEP_REMOVED, type KeptRequest } from '../../state/model/kept.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { layoutSchema } from '../../state/model/environment-schemas.js';

/**
 * Asks a machine's agent to remove what it keeps of removed units, or to name it. The request goes with this session.
 * @returns the request's id
 * @throws MachineNotFound
 */
export async function requestKept(
  coordinator: Coordinator,
  machine: string,
  request: Pick<KeptRequest, 'unit' | 'dryRun'>,
  requester: Requester,
): Promise<string> {
  const id = randomUUID();
  const value = nodeValue({ ...requester, ...request });
  for (;;) {
    try {
      await coordinator.create(paths.keptRequest(machine, id), value, { ephemeral: true });
      return id;
    } catch (error) {
      if (error instanceof NodeNotFound) throw new MachineNotFound({ machine, known: [] });
      // The answer to an earlier try was lost.
      if (error instanceof NodeExists) return id;
      if (!(error instanceof OutcomeUnknown)) throw error;
    }
  }
}

/** Spells a time as environments.yaml does, such as `7d`. */
function spelt(milliseconds: number): string {
  if (milliseconds === 0) return '0';
  for (const [unit, length] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const)
    if (milliseconds % length === 0) return `${milliseconds / length}${unit}`;
  return `${milliseconds / 1_000}s`;
}

/**
 * Puts on record that what is kept of removed units shall go, as asked: the agents remove it.
 * @param of a unit, or undefined for all of them
 * @param machines whose agents are asked
 */
export async function recordKeptPruning(
  coordinator: Coordinator,
  of: string | undefined,
  machines: readonly string[],
  requester: Requester,
): Promise<void> {
  const entry = requestEntry(requester, {
    what: 'prune',
    message: `kept of ${of ?? 'removed units'}, on ${machines.join(' ')}`,
    details: { removed: of ?? 'all', machines },
  });
  await retryOnConflict('the history', async () =>
    coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
  );
}

/**
 * Reads for how long the environment keeps what removed units leave, in milliseconds.
 * @throws NodeNotFound where there is no environment
 */
export async function readKeepRemoved(coordinator: Coordinator): Promise<number> {
  const layout = await readEntity(coordinator, paths.layout, layoutSchema);
  if (layout === undefined) throw new NodeNotFound({ path: paths.layout });
  return layout.value.keepRemoved ?? KEEP_REMOVED;
}

/**
 * Says in the environment for how long what removed units leave is kept, in milliseconds.
 * @param requester who is on record for it, where it changes
 * @returns what it was before, `KEEP_REMOVED` where that was not said; undefined where it is this already
 * @throws NodeNotFound where there is no environment
 */
export async function setKeepRemoved(
  coordinator: Coordinator,
  keepRemoved: number,
  requester?: Requester,
): Promise<number | undefined> {
  return retryOnConflict('the environment', async () => {
    const layout = await readEntity(coordinator, paths.layout, layoutSchema);
    if (layout === undefined) throw new NodeNotFound({ path: paths.layout });
    const { value, version } = layout;
    if (value.keepRemoved === keepRemoved) return undefined;
    const before = value.keepRemoved ?? KEEP_REMOVED;
    const entry =
      requester &&
      requestEntry(requester, {
        what: 'bootstrap',
        message: `keep-removed: ${spelt(before)} → ${spelt(keepRemoved)}`,
        details: { keepRemoved: { from: before, to: keepRemoved } },
      });
    await coordinator.transaction([
      { kind: 'set', path: paths.layout, value: nodeValue({ ...value, keepRemoved }), version },
      ...(await recordEnvironmentOperations(coordinator, entry)),
    ]);
    return before;
  });
}
