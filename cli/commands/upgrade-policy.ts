import { type PolicyChange, setPolicy } from '../../control/watching/set-policy.js';
import { watcherDocument } from '../../control/watching/watcher-document.js';
import { systemClock } from '../../state/platform/clock.js';
import { ownTimeZone } from '../../state/platform/zoned-time.js';
import { requireService } from '../../state/model/services.js';
import { opensAt, policyOf, policyText, type WrittenPolicy } from '../../state/model/upgrade-policy.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';

export interface PolicyOptions {
  readonly window?: readonly string[];
  readonly anyTime?: boolean;
  readonly timeZone?: string;
  readonly lines?: string;
  readonly urgent?: string;
  readonly format: Format;
}

/** Shows what the watcher may do about newer revisions of a service's formula, or sets it. */
export async function upgradePolicy(
  service: string,
  mode: string | undefined,
  options: PolicyOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const change = changeOf(mode, options, invocation);
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const now = systemClock.now();
    const isChange = Object.keys(change).length > 0;
    const policy = isChange
      ? await setPolicy(coordinator, service, change, requester(now))
      : (await requireService(coordinator, service)).value.policy;
    const document = documentOf(service, policy, now);
    await printData(invocation.output, options.format, document, () => [
      `${service}: ${policyText(policy)}`,
      ...openingOf(document),
    ]);
    if (!isChange || document.mode === 'off') return 0;
    const { state } = await watcherDocument(coordinator, now, []);
    if (state !== 'watching')
      invocation.output.warn(
        state === 'never'
          ? 'nobody acts on that now: no watcher ever ran here, see: ensemble watcher status'
          : `nobody acts on that now: the watcher ${state === 'ended' ? 'has ended' : `is ${state}`}, see: ensemble watcher status`,
      );
    return 0;
  });
}

function changeOf(
  mode: string | undefined,
  { window, anyTime, timeZone, lines, urgent }: PolicyOptions,
  invocation: Invocation,
): PolicyChange {
  if (window !== undefined && anyTime === true)
    throw invocation.misuse('--window says when, and --any-time that it does not matter: give one of them');
  const zone = timeZone ?? (window === undefined ? undefined : ownTimeZone());
  return {
    ...(mode !== undefined && { mode }),
    ...(window !== undefined && { windows: [...window] }),
    ...(anyTime === true && { windows: [] }),
    ...(zone !== undefined && { zone }),
    ...(lines !== undefined && { lines }),
    ...(urgent !== undefined && { urgent }),
  };
}

/** Windows matter to what is done by itself, and to nothing else. */
function openingOf({ mode, opensAt: opens }: ReturnType<typeof documentOf>): readonly string[] {
  if (opens === undefined || mode !== 'auto') return [];
  return [opens === null ? 'none of its windows opens in the next weeks' : `its window opens at ${opens}`];
}

/** What is printed for scripts; fields are added, never renamed. */
function documentOf(service: string, policy: WrittenPolicy | undefined, now: number) {
  const { mode, lines, urgent, zone } = policyOf(policy);
  const windows = policy?.windows ?? [];
  const opens = windows.length === 0 ? now : opensAt(policyOf(policy), false, now);
  return {
    service,
    mode,
    windows,
    ...(windows.length > 0 && { zone }),
    lines,
    urgent,
    ...(opens !== now && { opensAt: opens === undefined ? null : new Date(opens).toISOString() }),
  };
}
