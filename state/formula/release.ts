import * as z from '../platform/zod.js';
import { rangeFault } from './version-range.js';

/** Why a revision should be taken soon. */
export type Urgency = 'security' | 'data-loss';

/** The author's words on a revision as a release: `release` in `metadata.yaml`. */
export interface Release {
  /** Revisions of one line are compatible with each other; 0 promises nothing. */
  readonly line: number;
  /** To be tried, not to be taken by itself. */
  readonly prerelease: boolean;
  readonly urgent?: Urgency | undefined;
  /** The versions of the agent that it needs, such as `>=0.3`. */
  readonly ensemble?: string | undefined;
}

/** The default for a revision that says nothing. */
const plainRelease: Release = { line: 1, prerelease: false };

/** The section `release` as it is written. */
export const releaseSchema = z.pipe(
  z.transform((value) => value ?? undefined),
  z.optional(
    z.looseObject({
      line: z._default(z.int().check(z.gte(0), z.lte(1_000_000_000)), plainRelease.line),
      prerelease: z._default(z.boolean(), plainRelease.prerelease),
      urgent: z.optional(z.enum(['security', 'data-loss'], 'must be security or data-loss')),
      ensemble: z.optional(
        z.string().check(
          z.superRefine((value, context) => {
            const fault = rangeFault(value);
            if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
          }),
        ),
      ),
    }),
  ),
);

/** A formula's `release`, with the defaults for what it leaves out. */
export function releaseOf({ release }: { readonly release?: Release | undefined }): Release {
  return release ?? plainRelease;
}
