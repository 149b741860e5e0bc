import { parseSpan } from '../platform/span.js';
import * as z from '../platform/zod.js';

/** A unit's rules for an upgrade that comes while it is busy; docs/formula-authors.md, “While a unit is busy”. */
export interface UpgradeRules {
  /** `ignore`: its leases do not keep it from being upgraded. */
  readonly busy: 'wait' | 'ignore';
  /** Says if new leases wait while an upgrade waits for those that there are. */
  readonly newWork: 'allow' | 'block';
  /** Milliseconds for which an upgrade is postponed at most. */
  readonly maxPostpone: number;
  /** The next step then: an operator is asked, it goes ahead all the same, or it waits on. */
  readonly onTimeout: 'ask' | 'force' | 'hold';
}

export const defaultUpgradeRules: UpgradeRules = {
  busy: 'wait',
  newWork: 'allow',
  maxPostpone: 14 * 86_400_000,
  onTimeout: 'ask',
};

/** Milliseconds: a year. Whoever means for ever says `on-timeout: hold`. */
const LONGEST = 365 * 86_400_000;

const span = z.string().check(
  z.superRefine((text, context) => {
    const ms = parseSpan(text);
    if (ms === undefined || ms > LONGEST)
      context.addIssue({ code: 'custom', message: 'is no time; write it like 12h, 3d or 2w, at most 365d' });
  }),
);

const rules = z.looseObject({
  busy: z.optional(z.enum(['wait', 'ignore'])),
  'new-work': z.optional(z.enum(['allow', 'block'])),
  'max-postpone': z.optional(span),
  'on-timeout': z.optional(z.enum(['ask', 'force', 'hold'])),
});

/** The keys of the section `upgrade` that this release knows. */
export const upgradeRuleKeys: readonly string[] = Object.keys(rules.shape);

/** The section `upgrade` of `metadata.yaml`. */
export const upgradeRulesSchema = z.pipe(
  z.transform((value) => value ?? undefined),
  z.optional(rules),
);

/** The rules as they are gone by: what the section leaves out is a default, and so is what cannot be read. */
export function upgradeRules(section: unknown): UpgradeRules {
  const said = upgradeRulesSchema.safeParse(section).data ?? {};
  const { maxPostpone } = defaultUpgradeRules;
  return {
    busy: said.busy ?? defaultUpgradeRules.busy,
    newWork: said['new-work'] ?? defaultUpgradeRules.newWork,
    maxPostpone: parseSpan(said['max-postpone'] ?? '') ?? maxPostpone,
    onTimeout: said['on-timeout'] ?? defaultUpgradeRules.onTimeout,
  };
}
