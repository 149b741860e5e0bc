import { retrySchema, rulesSchema } from '../formula/hook-rules.js';
import * as z from '../platform/zod.js';
import { forgeSchema } from './forges.js';
import { watcherSchema } from './watcher-section.js';

/** Characters that a secret has at least: a shorter one is guessed. */
export const SHORTEST_SECRET = 8;

/** The texts that may be a machine's address: of IPv4 or IPv6, or a name. */
export const ADDRESS = /^[A-Za-z0-9]?[A-Za-z0-9.:_-]{1,253}$/;

/** The reason why another text is refused. */
export const ADDRESS_RULE = 'is no address: write e.g. 192.0.2.7, 2001:db8::7 or web1.example.com';

/** Milliseconds by the unit that a time is written with. */
const TIMES: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const TIME = /^(\d{1,6})([smhd])$/;

const NO_TIME = 'is no time: write e.g. 7d, 12h or 30m, or 0 to keep nothing';

/** For how long something is kept: `7d`, `12h`, `0`. */
const keepingTime = z.union([z.literal(0), z.string().check(z.regex(TIME, NO_TIME))], {
  error: NO_TIME,
});

/** Milliseconds of what `keepingTime` takes. */
export function milliseconds(time: string | number): number {
  const [, count = '0', unit = ''] = TIME.exec(String(time)) ?? [];
  return Number(count) * (TIMES[unit] ?? 0);
}

/** `trust` of an environment: whose signatures are believed. */
export const trustSchema = z.looseObject({
  signers: z.string().check(z.minLength(1)),
  revoked: z.optional(z.string().check(z.minLength(1))),
  require: z.optional(z.boolean()),
});

const NO_SWITCH = 'is neither on nor off';

/** `on` and `off`; YAML 1.1 writes them as truth values. */
const switchSchema = z.union([z.literal('on'), z.literal('off'), z.boolean()], { error: NO_SWITCH });

/** One environment in `environments.yaml`. */
export const environmentSchema = z.looseObject({
  state: z.string(),
  storage: z.string(),
  secret: z.optional(z.string().check(z.minLength(SHORTEST_SECRET))),
  secretFile: z.optional(z.string()),
  address: z.optional(z.string().check(z.regex(ADDRESS, ADDRESS_RULE))),
  hooks: z.optional(rulesSchema),
  'keep-removed': z.optional(keepingTime),
  trust: z.optional(trustSchema),
  forges: z.optional(z.array(forgeSchema)),
  notices: z.optional(switchSchema),
});

/** `environments.yaml`. */
export const fileSchema = z.looseObject({
  default: z.optional(z.string()),
  notices: z.optional(switchSchema),
  watcher: z.optional(watcherSchema),
  environments: z.record(z.string(), environmentSchema),
});

/** The keys that mean something, by where they stand. One that is misspelt would otherwise be as good as absent. */
export const KEYS = {
  file: Object.keys(fileSchema.shape),
  environment: Object.keys(environmentSchema.shape),
  hooks: Object.keys(rulesSchema.shape),
  retry: Object.keys(retrySchema.shape),
  trust: Object.keys(trustSchema.shape),
  forge: Object.keys(forgeSchema.shape),
} as const;
