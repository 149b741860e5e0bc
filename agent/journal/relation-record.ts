import { incarnationField } from '../../state/model/incarnation.js';
import { settingsSchema } from '../../state/model/relation-schemas.js';
import * as z from '../../state/platform/zod.js';
import { emptyQueue } from './relation-queue.js';
import { hookRetrySchema, RECORD_VERSION } from './record.js';

const eventSchema = z.union([
  z.object({
    kind: z.enum(['joined', 'changed', 'departed']),
    unit: z.string(),
    afterJoined: z.exactOptional(z.literal(true)),
  }),
  z.object({ kind: z.literal('broken') }),
]);

/** The journal's record of one unit in one relation. Unknown keys are kept. */
export const relationRecordSchema = z.looseObject({
  version: z.literal(RECORD_VERSION),
  unit: z.string(),
  /** The relation's number, e.g. `4`. */
  relation: z.string(),
  /** Which relation of this number it is; in no record of release 0.1.0. */
  ...incarnationField,
  /** The relation's id, as hooks see it, e.g. `db:4`; of this name since release 0.1.0. */
  identifier: z.string(),
  /** The name of the unit's own endpoint, which begins its hooks' names. */
  name: z.string(),
  role: z.enum(['provides', 'requires', 'peer']),
  interface: z.string(),
  /** The service on the other side; the unit's own for peers. */
  remoteService: z.string(),
  /** Where its units meet in the tree; enough to leave it when the relation's own node is gone. */
  meeting: z.string(),
  queue: z.object({
    delivered: z.readonly(z.array(z.string())),
    known: z.readonly(z.record(z.string(), z.number())),
    events: z.readonly(z.array(eventSchema)),
    begun: z.boolean(),
    leaving: z.boolean(),
  }),
  /** The last settings of units whose `departed` is queued. */
  departed: z._default(z.record(z.string(), settingsSchema), {}),
  /** How many times the hook of its first event was started. */
  attempts: z._default(z.int().check(z.nonnegative()), 0),
  /** Its first event's hook, where that waits for its next try. */
  retry: z.optional(z.nullable(hookRetrySchema)),
  /** Why its first event failed, in an operator's words; null while the relation runs. */
  error: z.nullable(z.string()),
  /** The same without the command at its end, and that command; in no record of release 0.1.0. */
  brief: z.optional(z.nullable(z.string())),
  next: z.optional(z.nullable(z.string())),
  /**
   * The addresses that the agent set as `private-address`, or is about to set, the last one last; empty if none was
   * known. Absent in records of release 0.1.0.
   */
  addresses: z.optional(z.readonly(z.array(z.string()))),
  /** The id of the last `resolved` request that was honoured. */
  resolvedId: z.nullable(z.string()),
});

export type RelationRecord = z.infer<typeof relationRecordSchema>;

/** The record of a relation that the unit is about to join. */
export function newRelationRecord(
  of: Pick<
    RelationRecord,
    | 'unit'
    | 'relation'
    | 'incarnation'
    | 'identifier'
    | 'name'
    | 'role'
    | 'interface'
    | 'remoteService'
    | 'meeting'
  >,
): RelationRecord {
  return {
    version: RECORD_VERSION,
    ...of,
    queue: emptyQueue,
    departed: {},
    attempts: 0,
    error: null,
    resolvedId: null,
  };
}
