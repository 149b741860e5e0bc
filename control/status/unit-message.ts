import type { UnitStatus } from '../../state/model/schemas.js';
import { printable } from '../../state/platform/printable.js';

/**
 * What a unit has to say, in one line: its message, why relations of it are in error, what its upgrade waits for where
 * that is something else, and which hook it is at.
 * @param shorten leaves something out of each of these
 */
export function unitMessage(
  {
    message,
    upgrade,
    relationErrors = {},
    hook,
  }: {
    readonly message: string;
    readonly upgrade?: Pick<NonNullable<UnitStatus['upgrade']>, 'blockers'> | undefined;
    /** By the relation's identifier. */
    readonly relationErrors?: Readonly<Record<string, { readonly message: string }>>;
    readonly hook?: UnitStatus['hook'];
  },
  shorten: (text: string) => string = (text) => text,
): string {
  const reasons = upgrade?.blockers?.map(({ reason }) => reason) ?? [];
  const failures = Object.entries(relationErrors).map(([relation, error]) => `${relation}: ${error.message}`);
  const runs =
    hook === undefined ? '' : `hook ${hook.name} runs since ${toSeconds(hook.since)}, process ${hook.pid}`;
  return [...new Set([message, ...failures, ...reasons, runs].map(shorten).map(printable))]
    .filter((text) => text !== '')
    .join('; ');
}

/** An instant without its fraction, which nobody reads. */
const toSeconds = (instant: string): string => instant.replace(/\.\d+Z$/, 'Z');
