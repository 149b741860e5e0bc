import { systemClock } from '../../state/platform/clock.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { formatEndpoint, parseEndpointName } from '../../state/model/endpoints.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import { namesOf } from '../../control/names-of.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Relates two services; their units meet as soon as they run. */
export async function relate(one: string, other: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const by = requester(systemClock.now());
    const names = [parseEndpointName(one), parseEndpointName(other)] as const;
    const { pair, units } = await addRelation(session.coordinator, names, by.requestedAt, by);
    const [first] = pair;
    invocation.output.notice(
      `related ${pair.map(formatEndpoint).join(' and ')} by the interface ${first.interface}`,
    );
    if (units.length > 0) {
      invocation.output.notice(`added ${namesOf(units)}; see how far with: ensemble status`);
      await warnOfAbsentAgents(session, invocation, units);
    }
    return 0;
  });
}
