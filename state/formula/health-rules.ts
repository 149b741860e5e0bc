import { parseSpan } from '../platform/span.js';
import * as z from '../platform/zod.js';

/** Milliseconds: a day. */
const LONGEST = 86_400_000;

const span = z.string().check(
  z.superRefine((text, context) => {
    const ms = parseSpan(text);
    if (ms === undefined || ms > LONGEST)
      context.addIssue({ code: 'custom', message: 'is no time; write it like 30s, 5m or 1h, at most 1d' });
  }),
);

const rules = z.looseObject({ interval: z.optional(span) });

/** The keys of the section `health` that this release knows. */
export const healthRuleKeys: readonly string[] = Object.keys(rules.shape);

/** The section `health` of `metadata.yaml`: how often the `health-check` hook runs while the unit is at rest. */
export const healthRulesSchema = z.pipe(
  z.transform((value) => value ?? undefined),
  z.optional(rules),
);

/** Milliseconds of `health.interval`; undefined where the section says nothing, or what cannot be read. */
export function healthInterval(section: unknown): number | undefined {
  return parseSpan(healthRulesSchema.safeParse(section).data?.interval ?? '');
}
