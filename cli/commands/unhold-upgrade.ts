import { unholdCommand } from '../../control/hold/errors.js';
import { type Following, followingAfter } from '../../control/hold/pending.js';
import { namesOf } from '../../control/names-of.js';
import { unholdUpgrade } from '../../control/hold/hold.js';
import { requireHoldable } from '../../control/hold/require-holdable.js';
import { holdText } from '../../state/model/hold.js';
import { isOfPerson } from '../../state/model/person.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface UnholdOptions {
  /** A person, by name or pattern. */
  readonly by?: string;
  readonly all?: boolean;
}

/** Ends holds: one's own, those of a person, or all. */
export async function unholdUpgrades(
  names: readonly string[],
  { by: person, all }: UnholdOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (person !== undefined && all === true)
    throw invocation.misuse('--by names whose holds end, and --all ends everybody’s: give one of them');
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    await requireHoldable(coordinator, names);
    const by = requester(systemClock.now());
    const isEnded = (holder: string): boolean =>
      all === true || (person === undefined ? holder === by.by : isOfPerson(holder, person));
    for (const name of names) {
      const { ended, left } = await unholdUpgrade(coordinator, name, isEnded, by);
      if (ended.length === 0) invocation.output.notice(`nobody holds ${name}`);
      for (const hold of ended) invocation.output.notice(printable(`${name} is no longer ${holdText(hold)}`));
      const service = name.includes('/') ? serviceOfUnit(name) : name;
      for (const hold of left)
        invocation.output.warn(
          printable(
            `${hold.unit ?? service} is still ${holdText(hold)}; that ends by: ${unholdCommand(service, [hold])}`,
          ),
        );
      const following = left.length > 0 ? undefined : await followingAfter(coordinator, name);
      if (following !== undefined) invocation.output.warn(printable(followingLine(service, following)));
    }
    return 0;
  });
}

function followingLine(service: string, { units, to }: Following): string {
  const [goes, itself, it] =
    units.length === 1 ? (['goes', 'itself', 'it'] as const) : (['go', 'themselves', 'them'] as const);
  return `${namesOf(units)} ${goes} on by ${itself}, to ${to}, with the rollout that left ${it} out; that ends by: ensemble rollout abort ${service}`;
}
