import { findRelation } from '../../control/find-relation.js';
import { systemClock } from '../../state/platform/clock.js';
import { formatEndpoint, parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { removeRelation } from '../../state/model/removal.js';
import { keptAnyway } from '../follow/tell-kept.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Ends the relation of two services; their units leave it by their hooks. */
export async function unrelate(one: string, other: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const names = [parseEndpointName(one), parseEndpointName(other)] as const;
    const { id, value } = await findRelation(coordinator, names);
    const kept = keptAnyway(invocation.output);
    await removeRelation(coordinator, id, { ...requester(systemClock.now()) }, kept.noted);
    const ends = value.endpoints.map(formatEndpoint).join(' and ');
    const left = await coordinator.get(paths.relation(id));
    invocation.output.notice(
      left === undefined
        ? `${ends} are no longer related`
        : `${ends} part as soon as their units have left; see how far with: ensemble status`,
    );
    kept.tell();
    return 0;
  });
}
