import type { Session } from '../../control/session.js';
import { type Held, holdUpgrade } from '../../control/hold/hold.js';
import { pendingAmong } from '../../control/hold/pending.js';
import { requireHoldable } from '../../control/hold/require-holdable.js';
import { namesOf } from '../../control/names-of.js';
import { systemClock } from '../../state/platform/clock.js';
import { type HoldLevel, holdText } from '../../state/model/hold.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

export interface HoldOptions {
  /** Milliseconds from now. */
  readonly for?: number;
  /** Milliseconds since 1970. */
  readonly until?: number;
  readonly forever?: boolean;
  readonly level: HoldLevel;
  readonly reason?: string;
}

/** Keeps services and units from being upgraded: all of them, or, where one is not there, none. */
export async function holdUpgrades(
  names: readonly string[],
  { for: span, until, forever, level, reason }: HoldOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if ([span, until, forever].filter((option) => option !== undefined).length > 1)
    throw invocation.misuse('--for, --until and --forever say each how long: give one of them');
  if (reason === undefined || reason.trim() === '')
    throw invocation.misuse('--reason says why, to everybody who meets the hold');
  return withSession<ExitCode>(invocation, async (session) => {
    const { coordinator } = session;
    await requireHoldable(coordinator, names);
    const now = systemClock.now();
    const by = requester(now);
    const end = until ?? (span === undefined ? undefined : now + span);
    const wanted = { level, until: end === undefined ? undefined : new Date(end).toISOString(), reason };
    for (const name of names) {
      const held = await holdUpgrade(coordinator, name, wanted, by);
      invocation.output.notice(heldLine(name, held));
    }
    await tellPending(session, names, invocation);
    return 0;
  });
}

function heldLine(name: string, { hold, before }: Held): string {
  const what = name.includes('/') ? 'it is not upgraded' : 'no unit of it is upgraded';
  const how = hold.level === 'auto' ? ' by itself, but where somebody asks' : ' unless by --force';
  const end = hold.until === undefined ? '' : `${hold.until.replace(/\.\d+Z$/, 'Z')}, or `;
  const unhold = `ensemble unhold-upgrade ${name}`;
  const replaced = before === undefined ? '' : ` (before, it was ${holdText(before)})`;
  return printable(`${name} is held: ${what}${how}, until ${end}${unhold}${replaced}`);
}

/** A hold concerns what is asked for from now on. */
async function tellPending(
  { coordinator }: Session,
  names: readonly string[],
  { output }: Invocation,
): Promise<void> {
  const pending = await pendingAmong(coordinator, names);
  if (pending.length === 0) return;
  const [verb, goes] = pending.length === 1 ? ['was', 'goes'] : ['were', 'go'];
  output.warn(`${namesOf(pending)} ${verb} asked to upgrade before, and ${goes} on with that`);
}
