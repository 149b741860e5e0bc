import { parametersSchema } from '../formula/rollout-parameters.js';
import * as z from '../platform/zod.js';
import { adoptedField, incarnationField } from './incarnation.js';
import { instant } from './instant.js';
import { remembering } from './remembering.js';
import { removalSchema } from './request-schemas.js';
import { upgradePolicySchema } from './upgrade-policy.js';

/** `/formulas/<formula id>`: immutable. `metadata` and `config` are what `metadata.yaml` and `config.yaml` said. */
export const formulaRecordSchema = z.looseObject({
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  size: z.int().check(z.nonnegative()),
  storageKey: z.string(),
  metadata: z.record(z.string(), z.unknown()),
  config: z.record(z.string(), z.unknown()),
  /** The names of its hooks, and of what else is directly in `hooks/`; absent of what release 0.1.0 published. */
  hooks: z.optional(z.array(z.string())),
  /** Who made the bundle, as `ssh-keygen` writes it. The only thing that may come, or change, later. */
  signature: z.optional(z.string()),
  /** The open change that it stands in, where it is not released; absent of a release. */
  change: z.optional(
    z.looseObject({ key: z.string(), commit: z.string(), ref: z.string(), repository: z.string() }),
  ),
  /** What its repository said of its content: see `offeredAs`. */
  offered: z.optional(z.string()),
  publishedAt: instant,
});

/** Units of a service that are made one after the other, in their order. */
const batchSchema = z.looseObject({
  /** The number of the first of them, how many they are, and how many of them are made. */
  first: z.int().check(z.nonnegative()),
  units: z.int().check(z.nonnegative()),
  made: z.int().check(z.nonnegative()),
  /** Where all of them go, where that was named. */
  machine: z.optional(z.string()),
});

/**
 * `/services/<service>`. `repository` is the origin: where `upgrade-formula` looks for something newer. `change` is
 * the random id of the command that wrote last, by which it recognises its own write when the answer was lost.
 */
export const serviceSchema = remembering(
  z.looseObject({
    formula: z.string(),
    repository: z.looseObject({ name: z.string(), path: z.string() }),
    nextUnit: z.int().check(z.nonnegative()),
    destroying: z.optional(z.boolean()),
    /** While it is being destroyed: what its units are asked by. Releases before 0.2.0 leave that out. */
    removal: z.optional(removalSchema),
    /** The last one before it that a rollout was completed to: where `revert-formula` goes. */
    previous: z.optional(z.string()),
    /** The formula was set for single units: no rollout takes the others there. */
    forUnits: z.optional(z.boolean()),
    /** Those before that one, the last one first, as far as its units keep them. */
    earlier: z.optional(z.array(z.string())),
    /** Formulas that were reverted; not taken again without force. */
    bad: z.optional(z.array(z.string())),
    /** Its units are made by relations of container scope, one beside each unit of the other service. */
    subordinate: z.optional(z.boolean()),
    /** While a canary is tried: the formula that new units install, instead of this one. */
    startWith: z.optional(z.string()),
    /** The service that it was made as a clone of, and the id of that one's rollout. */
    cloneOf: z.optional(z.looseObject({ service: z.string(), rollout: z.string() })),
    /** The parameters that `set-rollout` set for its rollouts. */
    rollout: z.optional(parametersSchema),
    /** What the watcher may do about newer revisions of its formula; see `policyOf` for where it is absent. */
    policy: z.optional(upgradePolicySchema),
    /** A formula that agents of its units bring to their machines before anybody asks for it. */
    prefetch: z.optional(z.string()),
    /** There until all units are made that it was deployed with. */
    deploying: z.optional(batchSchema),
    /** The same of units that were added, as long as some of them are not made. */
    adding: z.optional(z.array(batchSchema)),
    ...incarnationField,
    ...adoptedField,
    change: z.string(),
  }),
);

/** `/numbers/<service>`: the number that its first unit gets when a service of this name is made again. */
export const numbersSchema = z.looseObject({ next: z.int().check(z.nonnegative()) });

export const configValuesSchema = remembering(
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
);

/** `/services/<service>/config-replaced`: what the last `set` replaced, for `set --undo`. */
export const replacedConfigSchema = z.looseObject({
  /** The version that the config got by it: with another one, somebody set it since who wrote no such node. */
  version: z.int(),
  /** The random id of the command that wrote it. */
  change: z.string(),
  at: instant,
  by: z.string(),
  /** By option, null where it was not set; absent where it was too much to keep. */
  values: z.optional(z.record(z.string(), z.nullable(z.union([z.string(), z.number(), z.boolean()])))),
});

export type FormulaRecord = z.infer<typeof formulaRecordSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type UnitBatch = z.infer<typeof batchSchema>;
export type ConfigValues = z.infer<typeof configValuesSchema>;
export type ReplacedConfig = z.infer<typeof replacedConfigSchema>;
