import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown } from '../coordination/errors.js';
import * as z from '../zod.js';
import { nodeValue } from './entity.js';
import { UnitNotFound } from './errors.js';
import { paths } from './paths.js';
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

/** `/units/<unit>/run-<id>`, ephemeral: gone with the CLI that asked. The agent adds `begunAt` and `result`. */
export const commandRequestSchema = z.looseObject({
  requestedAt: z.string(),
  by: z.string(),
  /** A program and its arguments. */
  command: z.array(z.string()).check(z.minLength(1)),
  /** Milliseconds it may take; the agent's limit for hooks where there is none. */
  timeLimit: z.optional(z.number().check(z.positive())),
  begunAt: z.optional(z.string()),
  result: z.optional(commandResultSchema),
});

export type CommandRequest = z.infer<typeof commandRequestSchema>;
export type CommandResult = z.infer<typeof commandResultSchema>;

/**
 * Asks for a command to be run in a unit's context. The request goes with this session.
 * @returns the request's id
 * @throws UnitNotFound, ValueTooLarge
 */
export async function requestCommand(
  coordinator: Coordinator,
  unit: string,
  { command, timeLimit }: Pick<CommandRequest, 'command'> & { readonly timeLimit?: number | undefined },
  requester: Requester,
): Promise<string> {
  const id = randomUUID();
  const request = { ...requester, command, ...(timeLimit !== undefined && { timeLimit }) };
  for (;;) {
    try {
      await coordinator.create(paths.command(unit, id), nodeValue(request), { ephemeral: true });
      return id;
    } catch (error) {
      if (error instanceof NodeNotFound) throw new UnitNotFound(unit);
      // The answer to an earlier try was lost.
      if (error instanceof NodeExists) return id;
      if (!(error instanceof OutcomeUnknown)) throw error;
    }
  }
}
