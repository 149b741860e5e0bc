import * as z from 'zod';

/** How a formula wants one of its hooks to be run, or an environment all of them; what it leaves out is a default. */
export interface HookRules {
  /** Seconds the hook may take. */
  readonly timeout?: number | undefined;
  /** A hook that fails is run again: at most so many times in all, after `backoff` seconds, doubled each time. */
  readonly retry?: { readonly attempts: number; readonly backoff: number } | undefined;
}

/** The same as `HookRules`, as it is written in YAML. */
export const rulesSchema = z.looseObject({
  timeout: z.number().positive().max(604_800).optional(),
  retry: z
    .looseObject({
      attempts: z.int().min(1).max(100),
      backoff: z.number().min(0).max(3_600).default(5),
    })
    .optional(),
});

/** The section `hooks` of `metadata.yaml`, by the hooks' names. */
export const hookRulesSchema = z.preprocess(
  (value) => value ?? undefined,
  z.record(z.string(), rulesSchema).optional(),
);
