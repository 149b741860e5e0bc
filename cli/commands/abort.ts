import { systemClock } from '../../state/platform/clock.js';
import { requestAbort } from '../../control/unit/abort.js';
import { warnOfAbsentAgents } from '../follow/follow-and-tell.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { formatDuration } from '../output/durations.js';
import { printable } from '../../state/platform/printable.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

/** Asks for the end of a unit's running hook, or of its waiting for another try; does not wait for it. */
export async function abort(unit: string, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const now = systemClock.now();
    const { hook, waiting, machine } = await requestAbort(session.coordinator, unit, requester(now));
    const what =
      hook === undefined
        ? `${unit} is asked not to wait for another try of hook "${printable(waiting)}"`
        : `${unit} is asked to end hook "${printable(hook.name)}", which runs since ` +
          `${formatDuration(Math.max(0, now - Date.parse(hook.since)))} as process ${hook.pid} on ${machine ?? '?'}`;
    invocation.output.notice(`${what}; see how far with: ensemble status`);
    await warnOfAbsentAgents(session, invocation, [unit]);
    return 0;
  });
}
