import * as z from '../platform/zod.js';

/** How a formula wants one of its hooks to be run, or an environment all of them; what it leaves out is a default. */
export interface HookRules {
  /** Seconds the hook may take. */
  readonly timeout?: number | undefined;
  /** A hook that fails is run again: at most so many times in all, after `backoff` seconds, doubled each time. */
  readonly retry?: { readonly attempts: number; readonly backoff: number } | undefined;
}

/** How a hook that fails is run again, as it is written in YAML. */
export const retrySchema = z.looseObject({
  attempts: z.int().check(z.gte(1), z.lte(100)),
  backoff: z._default(z.number().check(z.gte(0), z.lte(3_600)), 5),
});

/** The same as `HookRules`, as it is written in YAML. */
export const rulesSchema = z.looseObject({
  timeout: z.optional(z.number().check(z.positive(), z.lte(604_800))),
  retry: z.optional(retrySchema),
});

/** The section `hooks` of `metadata.yaml`, by the hooks' names. */
export const hookRulesSchema = z.pipe(
  z.transform((value) => value ?? undefined),
  z.optional(z.record(z.string(), rulesSchema)),
);
