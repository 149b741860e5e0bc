import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Listener } from '../../watcher/listener/listen.js';
import { ListenerFailed } from '../../watcher/listener/errors.js';
import { keepListening } from '../../watcher/listener/keep-listening.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { freePorts } from '../servers/free-ports.js';
import { type RunningWatcher, startWatcherProcess } from '../watcher/watcher-process.js';

const taken = new ListenerFailed({ address: '127.0.0.1:1', reason: 'EADDRINUSE' });
const log = { debug() {}, info() {}, warning() {}, error() {} };

describe('a watcher whose address is taken', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const running: RunningWatcher[] = [];
  afterEach(async () => {
    for (const { process } of running) process.kill('SIGKILL');
    await Promise.all(running.splice(0).map(({ ended }) => ended));
  });

  it('stands by, and listens when the one that listened has ended', async () => {
    await world.box.bootstrap();
    const [port] = await freePorts(1);
    await writeFile(
      join(world.box.home, 'environments.yaml'),
      `environments:
  local: {state: "embedded:./local/state", storage: "file:./local/storage"}
watcher:
  listen: 127.0.0.1:${port}
`,
    );
    const start = (): RunningWatcher => {
      const watcher = startWatcherProcess(world.box, ['--period', '1h']);
      running.push(watcher);
      return watcher;
    };
    const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const first = start();
    await eventually(async () => assert.match(await metrics(), /_leads\{environment="local"\} 1/));
    const second = start();
    await eventually(() => {
      assert.match(second.log(), /127\.0\.0\.1:\d+ cannot be listened at: EADDRINUSE/);
      assert.match(second.log(), /stands by/);
    });
    first.process.kill('SIGTERM');
    assert.equal((await first.ended).code, 0);
    await eventually(async () => assert.match(await metrics(), /_leads\{environment="local"\} 1/));
    second.process.kill('SIGTERM');
    assert.equal((await second.ended).code, 0);
  });

  it('tries until it is free, and no more once it is closed', async () => {
    const clock = new ManualClock();
    let tries = 0;
    let closed = 0;
    const open = async (): Promise<Pick<Listener, 'close'>> => {
      tries += 1;
      if (tries < 3) throw taken;
      return {
        close: async () => {
          closed += 1;
        },
      };
    };
    const listener = await keepListening(open, { clock, log });
    await eventually(() => {
      clock.advance(2_000);
      assert.equal(tries, 3);
    });
    await listener.close();
    assert.equal(closed, 1);
    const never = await keepListening(() => Promise.reject(taken), { clock, log });
    await never.close();
  });

  it('says at once what no waiting mends', async () => {
    const refused = new ListenerFailed({ address: '192.0.2.1:1', reason: 'EADDRNOTAVAIL' });
    const opening = keepListening(() => Promise.reject(refused), { clock: new ManualClock(), log });
    await assert.rejects(opening, refused);
  });
});
