import * as z from '../platform/zod.js';
import { nameFault } from './formula-id.js';
import { hookNames } from './hook-names.js';
import { healthRulesSchema } from './health-rules.js';
import { type HookRules, hookRulesSchema } from './hook-rules.js';
import { upgradeRulesSchema } from './upgrade-rules.js';
import { relationRoles } from './relation-roles.js';
import { isRolloutWord, parameterFault, rolloutWords } from './rollout-parameters.js';
import { type Release, releaseSchema } from './release.js';

/** `global`: with every unit of the other service; `container`: only with those on the same machine. */
export type RelationScope = 'global' | 'container';

/** One endpoint that a formula offers or needs. */
export interface RelationSpec {
  /** Only endpoints of the same interface can be related. */
  readonly interface: string;
  /** True for a requirement without which the service still makes sense. */
  readonly optional: boolean;
  /** How many relations the endpoint takes part in at most; null for any number. */
  readonly limit: number | null;
  readonly scope: RelationScope;
}

export type RelationSpecs = Readonly<Record<string, RelationSpec>>;

/** The content of `metadata.yaml`. Keys that are not known here are kept beside these. */
export interface Metadata {
  readonly name: string;
  readonly revision: number;
  readonly summary: string;
  readonly description: string;
  readonly maintainer: string;
  /** True if its units are placed beside those of the services they are related to, instead of on their own. */
  readonly subordinate: boolean;
  readonly provides: RelationSpecs;
  readonly requires: RelationSpecs;
  readonly peers: RelationSpecs;
  /** Time limits and retries of single hooks, by their names. */
  readonly hooks?: Readonly<Record<string, HookRules>> | undefined;
  /** How its rollouts go, where nobody says otherwise; as it is written. */
  readonly rollout?: Readonly<Record<string, string>> | undefined;
  /** The author's words on this revision as a release; see `releaseOf`. */
  readonly release?: Release | undefined;
  /** What its units do about an upgrade while they are busy; see `upgradeRules`. */
  readonly upgrade?: unknown;
  /** How often its units are asked for their health while they are at rest; see `healthInterval`. */
  readonly health?: unknown;
}

/** A relation's name begins the names of its hooks, `<relation>-relation-joined`. */
const relationName = z
  .string()
  .check(
    z.regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,62}$/,
      'is no name for a relation: use letters, digits, dashes and underscores',
    ),
  );

const relation = z.pipe(
  // The short form `db: mysql` names just the interface, as it did in pyjuju.
  z.transform((value) => (typeof value === 'string' ? { interface: value } : value)),
  z.looseObject({
    interface: z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_.-]{0,99}$/, 'is no name for an interface')),
    optional: z._default(z.boolean(), false),
    limit: z._default(z.nullable(z.int().check(z.gte(1))), null),
    scope: z._default(z.enum(['global', 'container']), 'global'),
  }),
);

/** The section `rollout`: its words, and what each has. */
const rollout = z.pipe(
  z.transform((value) => value ?? undefined),
  z.optional(
    z.record(
      z.string(),
      z.pipe(
        z.transform((value) => (typeof value === 'number' ? String(value) : value)),
        z.string(),
      ),
    ),
  ),
);

/** A section written with nothing in it reads as null. */
const relations = z.pipe(
  z.transform((value) => value ?? {}),
  z.record(relationName, relation),
);

const text = z._default(z.string(), '');

const name = z.string().check(
  z.superRefine((value, context) => {
    const fault = nameFault(value);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  }),
);

/**
 * `metadata.yaml` with its revision in it, or what the coordinator holds of it. Fills in what may be left out, keeps
 * unknown keys, and gives the same value again for what it gave.
 */
export const metadataSchema = z
  .looseObject({
    name,
    revision: z.int().check(z.gte(0)),
    summary: text,
    description: text,
    maintainer: text,
    subordinate: z._default(z.boolean(), false),
    provides: relations,
    requires: relations,
    peers: relations,
    hooks: hookRulesSchema,
    // Published before these keys had a meaning, a formula may hold anything under them.
    rollout: z.catch(rollout, undefined),
    release: z.catch(releaseSchema, undefined),
    upgrade: z.catch(upgradeRulesSchema, undefined),
    health: z.catch(healthRulesSchema, undefined),
  })
  .check(z.superRefine(refuseSameNames), z.superRefine(refuseLonelySubordinate));

/** Metadata as it stands in the file: the revision may be in the file `revision` instead. */
export const metadataFileSchema = z
  .looseObject({
    ...metadataSchema.shape,
    rollout,
    revision: z.optional(z.int().check(z.gte(0))),
    release: releaseSchema,
    upgrade: upgradeRulesSchema,
    health: healthRulesSchema,
  })
  .check(
    z.superRefine(refuseSameNames),
    z.superRefine(refuseLonelySubordinate),
    z.superRefine(refuseUnknownHooks),
    z.superRefine(refuseRolloutFaults),
  );

/** What a service's rollouts could not go by is found when it is written. */
function refuseRolloutFaults(value: Pick<Metadata, 'rollout'>, context: z.core.$RefinementCtx): void {
  for (const [word, text] of Object.entries(value.rollout ?? {})) {
    const fault = isRolloutWord(word)
      ? parameterFault(word, text)
      : `is no word of a rollout; there are: ${rolloutWords.join(', ')}`;
    if (fault !== undefined) context.addIssue({ code: 'custom', path: ['rollout', word], message: fault });
  }
}

/** Rules for a hook that never runs are a slip of the pen. */
function refuseUnknownHooks(
  value: Pick<Metadata, 'provides' | 'requires' | 'peers' | 'hooks'>,
  context: z.core.$RefinementCtx,
): void {
  const known = hookNames(value);
  for (const hook of Object.keys(value.hooks ?? {})) {
    if (known.includes(hook)) continue;
    context.addIssue({
      code: 'custom',
      path: ['hooks', hook],
      message: `is no hook; there are: ${known.join(', ')}`,
    });
  }
}

/** A subordinate's units come to be by relations of container scope only; without one it would never have any. */
function refuseLonelySubordinate(
  { subordinate, requires }: Pick<Metadata, 'subordinate' | 'requires'>,
  context: z.core.$RefinementCtx,
): void {
  if (!subordinate || Object.values(requires).some(({ scope }) => scope === 'container')) return;
  context.addIssue({
    code: 'custom',
    path: ['subordinate'],
    message: 'needs a relation in requires with `scope: container`, by which its units are placed',
  });
}

/** One name in two roles would make `service:name`, and the names of its hooks, mean two things. */
function refuseSameNames(
  value: Pick<Metadata, 'provides' | 'requires' | 'peers'>,
  context: z.core.$RefinementCtx,
): void {
  const seen = new Map<string, string>();
  for (const role of relationRoles) {
    for (const each of Object.keys(value[role])) {
      const other = seen.get(each);
      seen.set(each, role);
      if (other === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [role, each],
        message: `is the name of a relation in ${other} too`,
      });
    }
  }
}
