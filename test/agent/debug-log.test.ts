import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { ensemble, operate } from './operator.js';
import { World } from './world.js';

const HOOKS = {
  install: 'echo "installing $ENSEMBLE_UNIT_NAME"; ensemble-log -l WARNING "mind the gap"',
  start: 'ensemble-log -l ERROR "that was bad"; echo started >&2',
};

for (const engines of [embedded, zookeeper()])
  describe(`debug-log, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    /** Waits until so many lines are gathered. */
    const gathered = (count: number, ...args: string[]): Promise<readonly string[]> =>
      eventually(async () => {
        const { code, stdout, stderr } = await ensemble(world, 'debug-log', ...args);
        assert.equal(code, 0, stderr);
        const lines = stdout.split('\n').filter((line) => line !== '');
        assert.equal(lines.length, count, stdout);
        return lines;
      });

    async function running(units = 1): Promise<void> {
      const one = await world.publish(1, { hooks: HOOKS });
      await world.agent();
      await world.deploy(one, units);
      for (let unit = 0; unit < units; unit += 1) await world.untilOn(one, `f/${unit}`);
    }

    it('is empty where nothing was logged', async () => {
      assert.deepEqual(await ensemble(world, 'debug-log'), { code: 0, stdout: '', stderr: '' });
    });

    it('shows what hooks print and log: when, which unit and hook, how bad', async () => {
      await running();
      const lines = await gathered(4);
      const time = String.raw`\d{4}-\d\d-\d\dT[\d:.]+Z`;
      for (const [at, text] of [
        'f/0 install INFO: installing f/0',
        'f/0 install WARNING: mind the gap',
        'f/0 start ERROR: that was bad',
        'f/0 start INFO: started',
      ].entries()) {
        assert.match(lines[at] ?? '', new RegExp(`^${time} ${text}$`));
      }
    });

    it('chooses by unit, service, level and number', async () => {
      await running(3);
      await gathered(12);
      assert.equal((await gathered(4, '-i', 'f/1')).filter((line) => !line.includes(' f/1 ')).length, 0);
      await gathered(12, '-i', 'f');
      await gathered(8, '-x', 'f/1');
      await gathered(4, '-i', 'f/*', '-x', 'f/0', 'f/1');
      await gathered(6, '-l', 'warning');
      const [last = ''] = await gathered(1, '-n', '1', '--format', 'json');
      assert.deepEqual(Object.keys(JSON.parse(last)), ['time', 'unit', 'hook', 'level', 'message']);
      await gathered(1, '-n', '1', '-l', 'ERROR', '-i', 'f/2');
    });

    it('says where there are older lines than are gathered, unless only the last were asked for', async () => {
      const words = 'a line that is long enough for this'.repeat(5);
      const one = await world.publish(1, { hooks: { start: `yes '${words}' | head -n 1300; echo done` } });
      await world.agent();
      await world.deploy(one, 6);
      for (let unit = 0; unit < 6; unit += 1) await world.untilOn(one, `f/${unit}`);
      const { stderr } = await eventually(async () => {
        const told = await ensemble(world, 'debug-log');
        assert.match(told.stderr, /older/);
        return told;
      });
      assert.match(
        stderr,
        /^of m0 there are older lines, which are not shown: the last 1\.0 MB of a machine/,
      );
      for (const few of [
        ['-n', '5'],
        ['-n', '5', '-i', 'f/0'],
      ])
        assert.equal((await ensemble(world, 'debug-log', ...few)).stderr, '');
    });

    it('-f begins with the last lines and goes on with what comes, until Ctrl-C', async () => {
      await running();
      await gathered(4);
      const follow = operate(world, 'debug-log', '-f', '-n', '2', '-x', 'f/1');
      await eventually(() => assert.equal(follow.stdout().split('\n').length, 3));
      for (const word of ['first', 'second', 'third']) {
        await ensemble(world, 'run', 'f/0', '--', 'ensemble-log', word);
        await eventually(() => assert.match(follow.stdout(), new RegExp(`f/0 run INFO: ${word}\n$`)));
      }
      follow.process.kill('SIGINT');
      const { code, stdout } = await follow.ended;
      assert.equal(code, 130);
      assert.equal(stdout.split('\n').length, 6, 'each line once');
    });

    it('-f shows a machine that comes later', async () => {
      const follow = operate(world, 'debug-log', '-f');
      await running();
      await eventually(() => assert.equal(follow.stdout().split('\n').length, 5, follow.stdout()));
      follow.process.kill('SIGINT');
      await follow.ended;
    });

    it('merges what several machines log by its time', async () => {
      const one = await world.publish(1, { hooks: { start: 'ensemble-log started' } });
      await world.agent({ machine: 'm0' });
      await world.agent({ machine: 'm1' });
      await world.deploy(one, 4);
      for (const unit of ['f/0', 'f/1', 'f/2', 'f/3']) await world.untilOn(one, unit);
      const lines = await gathered(4);
      const times = lines.map((line) => line.split(' ', 1)[0]);
      assert.deepEqual(times, [...times].sort());
      assert.deepEqual(await world.coordinator.children(paths.logs), ['m0', 'm1']);
    });

    it('refuses a level that is none', async () => {
      const { code, stderr } = await ensemble(world, 'debug-log', '-l', 'LOUD');
      assert.equal(code, 2);
      assert.match(stderr, /Levels are DEBUG, INFO, WARNING, ERROR, CRITICAL/);
    });
  });
