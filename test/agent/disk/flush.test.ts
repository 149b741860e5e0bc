import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Flushing } from '../../../agent/disk/flush.js';

describe('flushing to the disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-flush-'));
  const memory = mkdtempSync('/dev/shm/ensemble-flush-');
  const flushing = new Flushing();
  const missing = join(directory, 'missing');
  const servers: Server[] = [];
  /** Sockets cannot be opened, so each can only be flushed with its file system. */
  const socket = join(directory, 'socket');
  const elsewhere = join(memory, 'socket');
  const many = [directory, ...Array.from({ length: 40 }, () => socket)];

  before(async () => {
    for (const path of [socket, elsewhere]) {
      const server = createServer().listen(path);
      servers.push(server);
      await once(server, 'listening');
    }
  });
  after(() => {
    flushing.close();
    for (const server of servers) server.close();
    for (const path of [directory, memory]) rmSync(path, { recursive: true });
  });

  /** What came of each, asked for at the same moment. */
  const outcomes = async (paths: readonly string[]): Promise<readonly string[]> =>
    (await Promise.allSettled(paths.map((path) => flushing.together(path)))).map(({ status }) => status);

  it('of few files flushes each, and fails for one that cannot be flushed', async () => {
    await flushing.flush([directory, directory]);
    await assert.rejects(flushing.flush([directory, socket]), { code: 'ENXIO' });
  });

  it('of few that are asked for at the same moment fails for those that cannot be flushed, and no other', async () => {
    assert.deepEqual(await outcomes([directory, socket, missing, directory]), [
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
  });

  it('of many that are asked for at the same moment flushes their file system, for those and no later ones', async () => {
    assert.deepEqual(await outcomes(many), Array(41).fill('fulfilled'));
    assert.deepEqual(await outcomes([socket]), ['rejected']);
  });

  it('never takes a file for flushed that is on another file system than many', async () => {
    assert.deepEqual(await outcomes([...many, elsewhere]), [...Array(41).fill('fulfilled'), 'rejected']);
    assert.deepEqual(await outcomes([elsewhere, ...many]), ['rejected', ...Array(41).fill('fulfilled')]);
  });
});
