import { systemClock } from '../../state/platform/clock.js';
import { setExposed } from '../../control/exposure.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Says whether a service's open ports are meant for the world. */
export async function expose(service: string, exposed: boolean, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async ({ coordinator }) => {
    const changed = await setExposed(coordinator, service, exposed, requester(systemClock.now()));
    const is = changed ? 'is now' : 'was already';
    invocation.output.notice(`${service} ${is} ${exposed ? 'exposed' : 'not exposed'}`);
    return 0;
  });
}
