import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { startToolServer, type ToolServer } from '../../hooks/server/tool-server.js';
import { eventuallyTrue } from '../eventually.js';
import { AgentSide } from '../hooks/server/agent-side.js';
import { ManualClock } from '../manual-clock.js';

describe('a client of the agent’s socket', () => {
  const agent = new AgentSide();
  const clock = new ManualClock();
  let server: ToolServer;
  let asked = 0;
  let give = (): void => undefined;
  before(async () => {
    agent.addContext('one', { port: 80 });
    server = await startToolServer(
      agent.socket,
      async (id) => {
        asked += 1;
        await new Promise<void>((resolve) => {
          give = resolve;
        });
        return agent.contexts.get(id);
      },
      clock,
    );
  });
  after(async () => {
    await server.close();
    await agent.remove();
  });

  const call = async (): Promise<{ readonly socket: Socket; readonly heard: () => string }> => {
    const socket = connect({ path: agent.socket, allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return { socket, heard: () => text };
  };
  const line = `${JSON.stringify({ client: 'one', tool: 'config-get', arguments: ['port'], directory: '/' })}\n`;

  it('that sends nothing is cut off', async () => {
    const { socket, heard } = await call();
    await eventuallyTrue('it is', () => {
      clock.advance(5_000);
      return socket.readableEnded;
    });
    assert.equal(heard(), '');
    socket.destroy();
  });

  it('that sends a byte now and then is told why, and cut off, however long it goes on', async () => {
    const { socket, heard } = await call();
    let sent = 0;
    await eventuallyTrue('it is refused', () => {
      socket.write('x');
      sent += 1;
      clock.advance(5_000);
      return heard() !== '';
    });
    assert.match(heard(), /the request did not come whole within 30 seconds/);
    assert.ok(sent >= 6, 'not before its time');
    let closed = false;
    socket.once('close', () => {
      closed = true;
    });
    await eventuallyTrue('it is cut off', () => {
      socket.write('x');
      clock.advance(5_000);
      return closed;
    });
  });

  it('whose answer takes long, as the agent itself must wait, gets it all the same', async () => {
    const { socket, heard } = await call();
    asked = 0;
    socket.write(line);
    await eventuallyTrue('it is asked', () => asked === 1);
    clock.advance(3_600_000);
    give();
    await eventuallyTrue('it is answered', () => heard().endsWith('80\n'));
    socket.end();
    await once(socket, 'close');
  });
});
