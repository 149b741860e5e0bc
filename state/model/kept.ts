import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown } from '../coordination/errors.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { MachineNotFound } from './errors.js';
import { recordEnvironmentOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { paths } from './paths.js';
import type { Requester } from './requester.js';
import { layoutSchema } from './schemas.js';

/** Milliseconds for which what a removed unit leaves is kept, where the environment does not say: a week. */
export const KEEP_REMOVED = 7 * 86_400_000;

/** One removed unit whose directory a machine keeps. */
export const keptUnitSchema = z.looseObject({
  unit: z.string(),
  /** Empty where it is not known. */
  incarnation: z.string(),
  /** ISO instant. */
  removedAt: z.string(),
  bytes: z.number(),
  /** ISO instant at which it goes by itself; absent where only an operator removes it. */
  until: z.optional(z.string()),
  /** Absolute, on its machine. */
  directory: z.string(),
  /** Why it could not be removed. */
  reason: z.optional(z.string()),
});

/** `/machines/<machine>/prune-<id>`, ephemeral, of the command that asks; the agent adds `result`. */
export const keptRequestSchema = z.looseObject({
  requestedAt: z.string(),
  by: z.string(),
  /** Only what is kept of this unit. */
  unit: z.optional(z.string()),
  /** Only say what would go. */
  dryRun: z.optional(z.boolean()),
  result: z.optional(
    z.looseObject({
      units: z.array(keptUnitSchema),
      /** Those that are not named, as there are too many. */
      more: z.looseObject({ units: z.int(), bytes: z.number() }),
      /** Why what is kept could not be looked through: nothing went. */
      reason: z.optional(z.string()),
    }),
  ),
});

export type KeptUnit = z.infer<typeof keptUnitSchema>;
export type KeptRequest = z.infer<typeof keptRequestSchema>;

/** Begins the names of the nodes under a machine by which its agent is asked about what it keeps. */
export const KEPT_REQUEST = 'prune-';

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

function hours(milliseconds: number): string {
  return `${Number((milliseconds / 3_600_000).toFixed(2))} h`;
}

/**
 * Puts on record that what is kept of removed units shall go, before any of it does.
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
        message: `keep-removed: ${hours(before)} → ${hours(keepRemoved)}`,
        details: { keepRemoved: { from: before, to: keepRemoved } },
      });
    await coordinator.transaction([
      { kind: 'set', path: paths.layout, value: nodeValue({ ...value, keepRemoved }), version },
      ...(await recordEnvironmentOperations(coordinator, entry)),
    ]);
    return before;
  });
}
