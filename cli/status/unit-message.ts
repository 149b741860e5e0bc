import type { UnitStatus } from '../../state/model/schemas.js';
import { printable } from '../output/printable.js';

/** What a unit has to say, in one line: its message, why relations of it are in error,
 * and what its upgrade waits for where that is something else. */
export function unitMessage({
  message,
  upgrade,
  relationErrors = {},
}: {
  readonly message: string;
  readonly upgrade?: Pick<NonNullable<UnitStatus['upgrade']>, 'blockers'> | undefined;
  /** By the relation's identifier. */
  readonly relationErrors?: Readonly<Record<string, { readonly message: string }>>;
}): string {
  const reasons = upgrade?.blockers?.map(({ reason }) => reason) ?? [];
  const failures = Object.entries(relationErrors).map(([relation, error]) => `${relation}: ${error.message}`);
  return [...new Set([message, ...failures, ...reasons].map(printable))]
    .filter((text) => text !== '')
    .join('; ');
}
