import type { Coordinator } from '../coordination/coordinator.js';
import * as z from '../platform/zod.js';
import { type Problem, readSound } from './entity.js';
import { paths } from './paths.js';

/** Milliseconds for which it stands: whoever writes it does so again before, or does not look any more. */
const STANDS = 24 * 3_600_000;

const revision = z.nullable(z.int());

/**
 * `/services/<service>/newer`: the newer revisions of its formula, as whoever watches its repository found them. It is about
 * one formula; once the service has another one it says nothing.
 */
export const newerSchema = z.looseObject({
  /** When that was found, an ISO time. */
  at: z.string(),
  formula: z.string(),
  repository: z.string(),
  deployed: z.int(),
  /** False where the repository could not be asked; `why` says why. */
  known: z.boolean(),
  why: z.optional(z.string()),
  eligible: revision,
  questionable: revision,
  urgent: revision,
  candidates: z.array(
    z.looseObject({
      revision: z.int(),
      class: z.enum(['eligible', 'questionable', 'ineligible']),
      reasons: z.array(z.string()),
      urgent: z.nullable(z.enum(['security', 'data-loss'])),
    }),
  ),
});

export type Newer = z.infer<typeof newerSchema>;

/**
 * What is known to be newer than the formula that a service has; undefined where nobody looked lately.
 * @param now milliseconds since 1970
 * @param problems gets the node where it cannot be read
 */
export async function readNewer(
  coordinator: Coordinator,
  { service, formula }: { readonly service: string; readonly formula: string },
  now: number,
  problems: Problem[] = [],
): Promise<Newer | undefined> {
  const found = (await readSound(coordinator, paths.newer(service), newerSchema, problems))?.value;
  return found !== undefined && found.formula === formula && isStanding(found, now) ? found : undefined;
}

/** A little ahead is the difference of two clocks. */
function isStanding({ at }: Newer, now: number): boolean {
  return Math.abs(now - Date.parse(at)) < STANDS;
}
