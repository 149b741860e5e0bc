import assert from 'node:assert/strict';
import { join } from 'node:path';
import { tellOfAbsence } from '../../cli/invocation/coordinator-away.js';
import type { SessionEvent } from '../../state/coordination/coordinator.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

/** Commands that followed said nothing for as long as ZooKeeper was away. */
describe('a coordinator that is away is said', () => {
  const telling = () => {
    const said: string[] = [];
    const clock = new ManualClock();
    let tell: (event: SessionEvent) => void = () => undefined;
    const end = tellOfAbsence(
      {
        onSession(listener) {
          tell = listener;
          return () => {
            tell = () => undefined;
          };
        },
      },
      { notice: (text) => said.push(text), warn: (text) => said.push(`warning: ${text}`) },
      clock,
    );
    return { said, clock, end, tell: (event: SessionEvent) => tell(event) };
  };

  it('once, with since when, and when it is back', () => {
    const { said, clock, tell } = telling();
    tell('disconnected');
    clock.advance(4_999);
    assert.deepEqual(said, []);
    clock.advance(60_001);
    assert.match(
      said.join('\n'),
      /^warning: the coordinator does not answer since 2026-01-01 00:00:00Z; this command goes on by itself when it is back$/,
    );
    tell('expired');
    assert.match(said[1] ?? '', /answers again, after 1 min 5 s/);
    assert.equal(said.length, 2);
  });

  it('not of one that is back at once, nor after the command ended', () => {
    const { said, clock, end, tell } = telling();
    tell('disconnected');
    clock.advance(1_000);
    tell('connected');
    clock.advance(60_000);
    tell('disconnected');
    end();
    clock.advance(60_000);
    assert.deepEqual(said, []);
  });

  describe('by each command that goes on', () => {
    const world = useSandbox();
    let server: ZookeeperServer;
    before(async () => {
      server = await startZookeeper();
    });
    after(() => server.stop());

    it('while ZooKeeper is down, and after', async function () {
      this.timeout(120_000);
      const { box } = world;
      const where = [
        '--state',
        `zookeeper://${server.address}/away`,
        '--storage',
        `file:${join(box.directory, 'storage')}`,
      ];
      await box.ok('bootstrap', ...where);
      const running = [
        box.start(['status', '--watch', '--format', 'json', ...where]),
        box.start(['debug-log', '-f', ...where]),
      ];
      // Each has asked all that it asks at first: a request that is under way when the server goes may end a command.
      let [before, quiet] = ['', 0];
      await eventually(async () => {
        const lines = (await server.ask('cons')).split('\n').filter((line) => line.includes('sid='));
        const asked = lines.map((line) => /recved=\d+/.exec(line)?.[0]).join(' ');
        quiet = asked === before && lines.length >= running.length ? quiet + 1 : 0;
        before = asked;
        assert.ok(quiet >= 100);
      }, 60_000);
      await server.kill();
      await eventually(async () => {
        for (const each of running)
          assert.match(each.stderr(), /warning: the coordinator does not answer since .*goes on by itself/);
      }, 60_000);
      await server.start();
      await eventually(async () => {
        for (const each of running) assert.match(each.stderr(), /the coordinator answers again, after /);
      }, 60_000);
      for (const each of running) each.process.kill('SIGINT');
      await Promise.all(running.map(({ ended }) => ended));
    });
  });
});
