import * as z from '../../state/platform/zod.js';
import type { PortChanges } from './port.js';
import type { RelationWrites } from './relation.js';
import type { Json } from './snapshot.js';

/** The writes of a hook, made in one transaction if it succeeds. Each kind of write is a member. */
export interface HookWrites {
  readonly ports: PortChanges;
  /** Changes to the unit's own settings. */
  readonly relations: RelationWrites;
}

/** A context as plain JSON, for the journal: what it read so far, by what was read, and what it is to write. */
export interface SavedHookContext {
  readonly reads: Readonly<Record<string, Json>>;
  readonly writes: HookWrites;
}

const portSchema = z.object({
  number: z.number().check(z.int(), z.gte(1), z.lte(65_535)),
  protocol: z.enum(['tcp', 'udp']),
});
const portsSchema = z._default(z.array(portSchema), []);
const portChangesSchema = z.object({ opened: portsSchema, closed: portsSchema });
const settingsChangeSchema = z.record(z.string(), z.nullable(z.string()));

/** Reads a saved context back. Every member has a default, so that what an older agent kept can be read. */
export const savedHookContextSchema: z.ZodMiniType<SavedHookContext> = z.object({
  reads: z._default(z.record(z.string(), z.json()), {}),
  writes: z.prefault(
    z.object({
      ports: z.prefault(portChangesSchema, {}),
      relations: z._default(z.record(z.string(), settingsChangeSchema), {}),
    }),
    {},
  ),
});
