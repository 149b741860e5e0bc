import * as z from 'zod';
import type { PortChanges } from './port.js';
import type { RelationWrites } from './relation.js';
import type { Json } from './snapshot.js';

/** What a hook wants written, in one transaction, if it succeeds. Kinds of writes are members of their own. */
export interface HookWrites {
  readonly ports: PortChanges;
  /** Of the unit's own settings. */
  readonly relations: RelationWrites;
}

/** A context as plain JSON, for the journal: what it read so far, by what was read, and what it is to write. */
export interface SavedHookContext {
  readonly reads: Readonly<Record<string, Json>>;
  readonly writes: HookWrites;
}

const portSchema = z.object({
  number: z.number().int().min(1).max(65_535),
  protocol: z.enum(['tcp', 'udp']),
});
const portsSchema = z.array(portSchema).default([]);
const portChangesSchema = z.object({ opened: portsSchema, closed: portsSchema });
const settingsChangeSchema = z.record(z.string(), z.string().nullable());

/** Reads a saved context back. Every member has a default, so that what an older agent kept can be read. */
export const savedHookContextSchema: z.ZodType<SavedHookContext> = z.object({
  reads: z.record(z.string(), z.json()).default({}),
  writes: z
    .object({
      ports: portChangesSchema.prefault({}),
      relations: z.record(z.string(), settingsChangeSchema).default({}),
    })
    .prefault({}),
});
