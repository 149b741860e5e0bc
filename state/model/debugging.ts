import * as z from '../platform/zod.js';

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
