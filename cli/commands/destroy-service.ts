import { removeService } from '../../control/remove/destroy-service.js';
import { systemClock } from '../../state/platform/clock.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import { keptAnyway } from '../follow/tell-kept.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Asks all units of a service to stop and go, and the service with them. */
export async function destroy(
  service: string,
  { keepData = false, purge = false }: { readonly keepData?: boolean; readonly purge?: boolean },
  invocation: Invocation,
): Promise<ExitCode> {
  if (keepData && purge) throw invocation.misuse('--keep-data and --purge are opposites: choose one');
  const { output } = invocation;
  return withSession<ExitCode>(invocation, async (session) => {
    const kept = keptAnyway(output);
    const request = { service, keepData, purge, by: requester(systemClock.now()) };
    const { units, isGone } = await removeService(session, request, kept.noted);
    output.notice(
      isGone
        ? `service ${service} is gone`
        : `service ${service} goes when its units have stopped; see how far with: ensemble status ${service}`,
    );
    kept.tell();
    await warnOfAbsentAgents(session, invocation, units);
    return 0;
  });
}
