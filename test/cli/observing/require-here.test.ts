import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotOnMachine } from '../../../cli/observing/errors.js';
import { requireHere } from '../../../cli/observing/require-here.js';
import { startToolServer } from '../../../hooks/server/tool-server.js';
import { systemClock } from '../../../state/platform/clock.js';
import { ManualClock } from '../../manual-clock.js';
import { addMachine, now, useTree } from '../../state/model/tree.js';

describe('whether the agent of a unit is on this machine', () => {
  const tree = useTree();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-here-'));
    await addMachine(tree.one, 'm0');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is told by whoever answers at its socket', async () => {
    const sockets = { agent: join(directory, 'agent.sock'), debug: join(directory, 'debug.sock') };
    const agent = { pid: 1, version: '1', since: now, agentId: 'a', sockets };
    const here = (agentId: string) =>
      requireHere(tree.one, 'f/0', { machine: 'm0', agent: { ...agent, agentId } });
    await assert.rejects(here('a'), NotOnMachine, 'nobody answers');
    const server = await startToolServer(sockets.agent, () => undefined, systemClock, {
      about: () => ({ agentId: 'a', pid: 1 }),
    });
    try {
      assert.deepEqual(await here('a'), sockets);
      await assert.rejects(here('b'), NotOnMachine, 'the agent of another machine answers');
    } finally {
      await server.close();
    }
  });

  it('takes an agent that holds its socket and says nothing for here', async () => {
    const sockets = { agent: join(directory, 'agent.sock'), debug: join(directory, 'debug.sock') };
    const agent = { pid: 1, version: '1', since: now, agentId: 'a', sockets };
    const clock = new ManualClock();
    let called: () => void = () => undefined;
    const isCalled = new Promise<void>((resolve) => {
      called = resolve;
    });
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      called();
    }).listen(sockets.agent);
    await once(silent, 'listening');
    const found = requireHere(tree.one, 'f/0', { machine: 'm0', agent }, clock);
    await isCalled;
    clock.advance(5_000);
    assert.deepEqual(await found, sockets);
    silent.close();
  });

  it('is not known of an agent of a release that does not tell its sockets', async () => {
    const agent = { pid: process.pid, version: '1', since: now };
    await assert.rejects(requireHere(tree.one, 'f/0', { machine: 'm0', agent }), NotOnMachine);
  });
});
