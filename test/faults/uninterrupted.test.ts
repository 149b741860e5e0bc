import assert from 'node:assert/strict';
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { paths } from '../../state/model/paths.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { World } from '../agent/world.js';
import { endProcess } from '../end-process.js';
import { eventually } from '../eventually.js';
import { freePorts } from '../servers/free-ports.js';
import { startZookeeper } from '../servers/zookeeper.js';
import { formatRun, readRuns, tracingFormula } from './formulas.js';
import { ONE, TWO } from './life.js';

function ask(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    }).once('error', reject);
  });
}

describe('upgrading Ensemble itself, which is to restart the agents', function () {
  this.timeout(120_000);

  it('disturbs neither the traffic of a unit nor its running hook, and its presence never blinks', async () => {
    const server = await startZookeeper();
    const world = await World.open({ state: `zookeeper://${server.address}/traffic` });
    const [port] = await freePorts(1);
    let served = 0;
    try {
      const serve = `require('http').createServer((_, r) => r.end('hello')).listen(${port}, '127.0.0.1')`;
      const bodies = {
        start: `setsid "${process.execPath}" -e "${serve}" 9>&- >/dev/null 2>&1 & echo $! >"$TRACE/served"`,
        'config-changed': '[ "$(config-get title)" = none ] || gate config',
      };
      await world.publish(1, tracingFormula(world, 1, bodies));
      let agent = await world.agentProcess();
      await world.deploy(ONE);
      await world.untilOn(ONE);
      served = Number(await eventually(() => world.text('served')));
      await eventually(async () => assert.equal(await ask(port), 200));
      let absences = 0;
      world.coordinator.observe(paths.agent('m0'), (node) => {
        if (node === undefined) absences += 1;
      });
      await setConfigValues(world.coordinator, 'f', { title: 'other' });
      await eventually(async () => assert.equal(readRuns(await world.trace()).runs.length, 4));
      const answers: number[] = [];
      let over = false;
      const traffic = (async () => {
        while (!over) {
          answers.push(await ask(port).catch(() => 0));
          await pause(5);
        }
      })();
      for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
        await agent.kill(signal);
        agent = await world.agentProcess();
      }
      over = true;
      await traffic;
      assert.ok(answers.length > 50, `${answers.length} requests`);
      assert.deepEqual(
        answers.filter((status) => status !== 200),
        [],
      );
      assert.equal(absences, 0, 'the presence never blinked');
      await world.openGate('config');
      await eventually(async () => {
        const { runs } = readRuns(await world.trace());
        assert.ok(runs.every(({ ended }) => ended));
        assert.deepEqual(runs.map(formatRun), [
          'install 1',
          'config-changed 1',
          'start 1',
          'config-changed 1',
        ]);
      });
    } finally {
      if (served > 0) endProcess(served);
      await world.close();
      await server.stop();
    }
  });
});

describe('a wall clock that jumps by years, both ways', () => {
  it('does no harm: an upgrade and its hooks go on as if nothing had happened', async function () {
    this.timeout(120_000);
    const world = await World.open();
    let wall = Date.UTC(2026, 0, 1);
    const jumping: Clock = {
      now: () => {
        // Every look at it finds it a year later, or two years earlier.
        wall += wall > Date.UTC(2026, 6, 1) ? -2 * 31_536_000_000 : 31_536_000_000;
        return wall;
      },
      monotonic: () => systemClock.monotonic(),
      after: (ms, callback) => systemClock.after(ms, callback),
    };
    try {
      await world.publish(1, tracingFormula(world, 1));
      await world.publish(2, tracingFormula(world, 2, { 'upgrade-formula': 'sleep 0.2 9>&-' }));
      const agent = await world.agent({ clock: jumping, hookTimeLimit: 5_000 });
      await world.deploy(ONE);
      await world.untilOn(ONE);
      await world.upgrade(TWO);
      await world.untilOn(TWO);
      await agent.stop();
      await world.agent({ clock: jumping });
      await eventually(async () =>
        assert.deepEqual(readRuns(await world.trace()).runs.map(formatRun), [
          'install 1',
          'config-changed 1',
          'start 1',
          'upgrade-formula 2',
          'config-changed 2',
        ]),
      );
      assert.ok(await world.coordinator.get(paths.agent('m0')), 'its presence stands');
    } finally {
      await world.close();
    }
  });
});
