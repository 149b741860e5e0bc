import assert from 'node:assert/strict';
import { systemClock } from '../../../../state/platform/clock.js';
import type { Coordinator } from '../../../../state/coordination/coordinator.js';
import { Connection } from '../../../../state/coordination/zookeeper/connection.js';
import { parseSession } from '../../../../state/coordination/zookeeper/saved-session.js';
import { closeSessionCall } from '../../../../state/coordination/zookeeper/wire.js';

/**
 * Takes the session of a running client away: another connection attaches to it and ends it in the same moment. The
 * client may be quicker to attach again, and then it is tried once more.
 */
export async function endSession(coordinator: Coordinator, port: number): Promise<void> {
  const session = parseSession(coordinator.savedSession());
  assert.ok(session, 'the client has a session');
  let ended = false;
  while (!ended) {
    const connection = new Connection({
      server: { host: '127.0.0.1', port },
      session,
      credentials: undefined,
      clock: systemClock,
      notified: () => {},
      drained: () => {},
    });
    const attachment = await connection.attachment;
    if (attachment === 'attached') {
      const answered = new Promise<boolean>((resolve) =>
        connection.send(closeSessionCall(), ({ ok }) => resolve(ok)),
      );
      ended = await Promise.race([answered, connection.gone.then(() => false)]);
    } else {
      ended = attachment === 'expired';
    }
    connection.drop('done');
  }
}
