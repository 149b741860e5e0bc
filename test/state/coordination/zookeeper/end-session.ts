import assert from 'node:assert/strict';
import { systemClock } from '../../../../state/clock.js';
import type { Coordinator } from '../../../../state/coordination/coordinator.js';
import { Connection } from '../../../../state/coordination/zookeeper/connection.js';
import { parseSession } from '../../../../state/coordination/zookeeper/saved-session.js';
import { closeSessionCall } from '../../../../state/coordination/zookeeper/wire.js';

/** Takes the session of a running client away: another connection attaches to it and ends it in the same moment. */
export async function endSession(coordinator: Coordinator, port: number): Promise<void> {
  const session = parseSession(coordinator.savedSession());
  assert.ok(session, 'the client has a session');
  const connection = new Connection({
    server: { host: '127.0.0.1', port },
    session,
    credentials: undefined,
    clock: systemClock,
    notified: () => {},
    drained: () => {},
  });
  assert.equal(await connection.attachment, 'attached');
  await new Promise<void>((ended) => connection.send(closeSessionCall(), () => ended()));
  connection.drop('done');
}
