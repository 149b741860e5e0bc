import { endRelation } from '../../control/remove/remove-relation.js';
import { formatEndpoint, parseEndpointName } from '../../state/model/endpoints.js';
import { systemClock } from '../../state/platform/clock.js';
import { keptAnyway } from '../follow/tell-kept.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Ends the relation of two services; their units leave it by their hooks. */
export async function unrelate(one: string, other: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const names = [parseEndpointName(one), parseEndpointName(other)] as const;
    const kept = keptAnyway(invocation.output);
    const request = { names, by: requester(systemClock.now()) };
    const { endpoints, isGone } = await endRelation(session, request, kept.noted);
    const ends = endpoints.map(formatEndpoint).join(' and ');
    invocation.output.notice(
      isGone
        ? `${ends} are no longer related`
        : `${ends} part as soon as their units have left; see how far with: ensemble status`,
    );
    kept.tell();
    return 0;
  });
}
