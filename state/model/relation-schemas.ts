import * as z from '../platform/zod.js';
import { adoptedField, incarnationField } from './incarnation.js';
import { remembering } from './remembering.js';
import { removalSchema } from './request-schemas.js';

const relationRoleSchema = z.enum(['provides', 'requires', 'peer']);

const endpointSchema = z.looseObject({
  service: z.string(),
  name: z.string(),
  role: relationRoleSchema,
  interface: z.string(),
});

/** `/relations`: the number the next relation gets. */
export const relationCounterSchema = z.looseObject({ next: z.int().check(z.nonnegative()) });

/**
 * `/relations/<relation>`: one endpoint for peers, two otherwise. `removing`: its units leave it; `removal`: what the
 * subordinates that it placed are asked by then, which releases before 0.2.0 leave out. `dropped`: of peers that
 * the service's formula has no more; it stands as long as a unit runs a formula that has them.
 */
export const relationSchema = remembering(
  z.looseObject({
    endpoints: z.array(endpointSchema).check(z.minLength(1), z.maxLength(2)),
    scope: z.enum(['global', 'container']),
    removing: z.optional(z.boolean()),
    removal: z.optional(removalSchema),
    dropped: z.optional(z.boolean()),
    /** In container scope: the service whose units are placed beside the other's. */
    subordinate: z.optional(z.string()),
    ...incarnationField,
    ...adoptedField,
    change: z.string(),
  }),
);

/** A unit's words to the others of a relation: text by key. */
export const settingsSchema = remembering(z.record(z.string(), z.string()));

export type RelationRole = z.infer<typeof relationRoleSchema>;
export type RelationEndpoint = z.infer<typeof endpointSchema>;
export type Relation = z.infer<typeof relationSchema>;
export type Settings = z.infer<typeof settingsSchema>;
