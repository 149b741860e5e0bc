import type { Coordinator } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { paths } from './paths.js';

/** The outcome of a command. */
const commandResultSchema = z.looseObject({
  /** `lost`: it went down with its machine, and nobody knows how far it came. */
  outcome: z.enum(['exited', 'killed', 'timed-out', 'not-started', 'lost']),
  /** Where it exited. */
  exit: z.optional(z.int()),
  /** Where it was killed. */
  signal: z.optional(z.string()),
  /** Why it was not started; where it exited, why what it set was not written. */
  reason: z.optional(z.string()),
  /** The beginning of its output, both streams as they came. */
  output: z.string(),
  /** Bytes it printed beyond that. */
  leftOut: z.int().check(z.nonnegative()),
  /** Milliseconds. */
  took: z.number(),
});

/** `/units/<unit>/run-<id>`, ephemeral: gone with the CLI that asked. The agent adds `begunAt`, `begunBy` and `result`. */
export const commandRequestSchema = z.looseObject({
  requestedAt: z.string(),
  by: z.string(),
  /** A program and its arguments. */
  command: z.array(z.string()).check(z.minLength(1)),
  /** Milliseconds it may take; the agent's limit for hooks where there is none. */
  timeLimit: z.optional(z.number().check(z.positive())),
  begunAt: z.optional(z.string()),
  /** A random id of the agent's process that began it. */
  begunBy: z.optional(z.string()),
  result: z.optional(commandResultSchema),
});

export type CommandRequest = z.infer<typeof commandRequestSchema>;

export type CommandResult = z.infer<typeof commandResultSchema>;

/**
 * The result of a claim. `withdrawn`: the request is gone. `begun-before`: another process of an agent has begun it,
 * and its machine may have gone down meanwhile.
 */
export type Claim = 'claimed' | 'withdrawn' | 'begun-before';

/**
 * Has a request say that it begins now, for the agent that is about to begin it. Only one process can claim it, as often
 * as it likes.
 */
export async function claimCommand(
  coordinator: Coordinator,
  unit: string,
  id: string,
  begin: { readonly begunAt: string; readonly begunBy: string },
): Promise<Claim> {
  const path = paths.command(unit, id);
  return retryOnConflict(`commands of ${unit}`, async () => {
    const request = await readEntity(coordinator, path, commandRequestSchema);
    if (request === undefined) return 'withdrawn';
    if (request.value.begunAt !== undefined)
      return request.value.begunBy === begin.begunBy ? 'claimed' : 'begun-before';
    await coordinator.set(path, nodeValue({ ...request.value, ...begin }), request.version);
    return 'claimed';
  });
}
