import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { eventually } from '../eventually.js';
import { WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from './watched-world.js';

/** What git starts for ssh: one that hangs, with a child that left its group and holds its pipes; one that says a bit. */
const SSH = `#!/bin/sh
echo $$ >>"$PIDS"
case "$*" in
  *hangs*) setsid sh -c 'echo $$ >>"$PIDS"; exec sleep 1000' & exec sleep 1000 ;;
  *trickles*) while :; do printf . >&2; sleep 0.1; done ;;
esac
`;

describe('repositories that go on for ever', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  let timers: NodeJS.Timeout[];
  const variables = { GIT_SSH_COMMAND: '', TMPDIR: '', PIDS: '' };
  const before: Record<string, string | undefined> = {};

  beforeEach(async () => {
    const { world } = at;
    timers = [];
    await mkdir(world.path('tmp'));
    await writeFile(world.path('ssh'), SSH, { mode: 0o755 });
    Object.assign(variables, {
      GIT_SSH_COMMAND: world.path('ssh'),
      TMPDIR: world.path('tmp'),
      PIDS: world.path('pids'),
    });
    for (const [name, value] of Object.entries(variables)) {
      before[name] = process.env[name];
      process.env[name] = value;
    }
    const block = Buffer.alloc(1024 ** 2, ' ');
    server = await WebServer.start((request, response) => {
      response.writeHead(200);
      if (request.url?.includes('trickles')) timers.push(setInterval(() => response.write(' '), 100));
      else {
        const flood = (): void => {
          while (!response.destroyed && response.write(block));
        };
        response.on('drain', flood);
        flood();
      }
    });
  });
  afterEach(async () => {
    for (const timer of timers) clearInterval(timer);
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    await server.stop();
  });

  it('are ended in their time, with all that they started, and delay no other', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    const bad = [
      'git+ssh://example.com/hangs',
      'git+ssh://example.com/trickles',
      `${server.url}trickles/`,
      `${server.url}floods/`,
    ];
    for (const [index, place] of bad.entries()) await world.service(coordinator, `bad${index}`, id, place);
    for (let index = 0; index < 8; index += 1) {
      await world.formula(`good${index}/f`, 'f', 2);
      await world.service(coordinator, `good${index}`, id, world.path(`good${index}`));
    }
    const limits = { wall: 4_000, silence: 2_500 };
    let isOver = false;
    const watching = world.watch([environment], { limits }).finally(() => {
      isOver = true;
    });
    await eventually(async () => {
      for (let index = 0; index < 8; index += 1)
        assert.equal((await world.newer(coordinator, `good${index}`))?.eligible, 2);
    });
    assert.equal(isOver, false, 'the others are done before those are given up');
    const watcher = await watching;
    assert.equal(watcher.polls(), 12);
    const records = await readWatchedRepositories(coordinator);
    const failed = new Map(
      records.filter(({ outcome }) => outcome !== 'ok').map((each) => [each.location, each]),
    );
    assert.deepEqual([...failed.keys()].sort(), [...bad].sort());
    // As long as a poll may take, and what ends it.
    for (const { ms, location, error } of failed.values())
      assert.ok(ms < limits.wall + 12_000, `${location}: ${ms} ms, ${error}`);
    assert.match(failed.get(bad[3] ?? '')?.error ?? '', /more than \d+ bytes|takes too long/);
    const pids = (await readFile(variables.PIDS, 'utf8')).trim().split('\n').map(Number);
    assert.equal(pids.length, 3, 'ssh twice, and what left its group');
    await eventually(() => {
      for (const pid of pids) assert.throws(() => process.kill(pid, 0), `${pid} runs`);
    });
    assert.deepEqual(await readdir(variables.TMPDIR), [], 'no work tree and no lock is left');
  });
});
