import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { commandLine } from './command-line.js';
import { retryOnConflict } from './conflict.js';
import { unlessGone } from '../coordination/unless-gone.js';
import { nodeValue, readEntity } from './entity.js';
import { UnitNotFound } from './errors.js';
import { recordOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { paths, serviceOfUnit } from './paths.js';
import type { Requester } from './requester.js';

/** What became of a command. */
export const commandResultSchema = z.looseObject({
  /** `lost`: it went down with its machine, and nobody knows how far it came. */
  outcome: z.enum(['exited', 'killed', 'timed-out', 'not-started', 'lost']),
  /** Where it exited. */
  exit: z.optional(z.int()),
  /** Where it was killed. */
  signal: z.optional(z.string()),
  /** Why it was not started; where it exited, why what it set was not written. */
  reason: z.optional(z.string()),
  /** What it printed, both outputs as they came, from its beginning. */
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
 * Asks for a command to be run in a unit's context. The request goes with this session. It is on the service's record,
 * with the command line.
 * @param isRecorded false where the same command for many units is on record already
 * @returns the request's id
 * @throws UnitNotFound, ValueTooLarge
 */
export async function requestCommand(
  coordinator: Coordinator,
  unit: string,
  { command, timeLimit }: Pick<CommandRequest, 'command'> & { readonly timeLimit?: number | undefined },
  requester: Requester,
  isRecorded = true,
): Promise<string> {
  const id = randomUUID();
  const path = paths.command(unit, id);
  const value = nodeValue({ ...requester, command, ...(timeLimit !== undefined && { timeLimit }) });
  const asked = requestEntry(requester, { what: 'run', unit, message: commandLine(command) });
  await retryOnConflict(`commands of ${unit}`, async () => {
    // The answer to an earlier try was lost.
    if ((await coordinator.get(path)) !== undefined) return;
    if ((await coordinator.get(paths.unit(unit))) === undefined) throw new UnitNotFound({ unit });
    await coordinator.transaction([
      { kind: 'create', path, value, ephemeral: true },
      ...(isRecorded ? await recordOperations(coordinator, [serviceOfUnit(unit)], asked) : []),
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

/** Of a claim: the request is there no more, or another process of an agent has begun it, maybe with its machine's end. */
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
