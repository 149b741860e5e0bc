import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { ensemble, operate } from './operator.js';
import { World } from './world.js';

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n    description: A title\n';

for (const engines of [embedded, zookeeper()])
  describe(`run, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    async function running(hooks: Readonly<Record<string, string>> = {}): Promise<string> {
      const one = await world.publish(1, { hooks, config: CONFIG });
      await world.agent();
      await world.deploy(one);
      return one;
    }

    const requests = async (): Promise<readonly string[]> =>
      ((await world.coordinator.children(paths.unit('f/0'))) ?? []).filter((name) => name.startsWith('run-'));

    it('gives a command the formula directory, the environment and the tools of a hook', async () => {
      await world.untilOn(await running());
      const { code, stdout, stderr } = await ensemble(
        world,
        ...[
          'run',
          'f/0',
          '--',
          'config-get title; unit-get private-address >/dev/null && ls metadata.yaml; env',
        ],
      );
      assert.equal(stderr, '');
      assert.equal(code, 0);
      assert.match(stdout, /^none\nmetadata\.yaml\n/);
      assert.match(stdout, /^ENSEMBLE_UNIT_NAME=f\/0$/m);
      assert.match(stdout, /^ENSEMBLE_HOOK=run$/m);
      assert.deepEqual((await world.trace()).length, 3, 'no hook ran');
      await eventually(async () => assert.deepEqual(await requests(), [], 'the request is gone'));
    });

    it('exits with what the command exits with, and shows both its outputs', async () => {
      await world.untilOn(await running());
      const run = await ensemble(world, 'run', 'f/0', '--', 'echo out; echo err >&2; exit 7');
      assert.deepEqual(run, { code: 7, stdout: 'out\nerr\n', stderr: '' });
    });

    it('waits until no hook of the unit runs, and hooks wait for it', async () => {
      await running({ start: 'gate start; echo end >>"$trace"', stop: '' });
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'start 1'));
      const trace = world.path('trace', 'f-0');
      const run = operate(world, 'run', 'f/0', '--', `echo command >>${trace}`);
      await eventually(async () => assert.equal((await requests()).length, 1));
      await world.openGate('start');
      assert.equal((await run.ended).code, 0);
      assert.deepEqual((await world.trace()).slice(-2), ['end', 'command']);
    });

    it('runs in an error state, which it leaves as it is', async () => {
      await running({ start: '[ "$ENSEMBLE_HOOK_ATTEMPT" -gt 1 ]' });
      const before = await world.until('start-error');
      const { code, stdout } = await ensemble(world, 'run', 'f/0', '--', 'echo looking');
      assert.deepEqual([code, stdout], [0, 'looking\n']);
      assert.deepEqual((await world.unit()).status, before.status);
      await ensemble(world, 'resolved', '--retry', 'f/0');
      await world.until('started');
    });

    it('keeps what a command opened, unless it failed', async () => {
      await world.untilOn(await running());
      await ensemble(world, 'run', 'f/0', '--', 'open-port 80 && false');
      await ensemble(world, 'run', 'f/0', '--', 'open-port', '443');
      await eventually(async () => assert.deepEqual((await world.unit()).unit.ports, ['443/tcp']));
    });

    it('hands on the beginning of long output, and says how much is missing', async () => {
      await world.untilOn(await running());
      const { code, stdout, stderr } = await ensemble(
        world,
        'run',
        'f/0',
        '--',
        'yes 0123456 | head -c 300000',
      );
      assert.equal(code, 0);
      assert.equal(stdout.length, 262_144);
      assert.match(stderr, /^warning: 37856 bytes more of its output are left out\n$/);
    });

    it('hands on output that JSON makes much longer', async () => {
      await world.untilOn(await running());
      const { code, stderr } = await ensemble(world, 'run', 'f/0', '--', 'head -c 262144 /dev/zero');
      assert.equal(code, 0);
      assert.match(stderr, /bytes more of its output are left out/);
    });

    it('says that the agent is down, and how to start it', async () => {
      const one = await world.publish(1);
      const agent = await world.agentProcess();
      await world.deploy(one);
      await world.untilOn(one);
      await agent.kill('SIGTERM');
      // Its session runs out by itself, only later.
      await world.coordinator.remove(paths.agent('m0'));
      const { code, stderr } = await ensemble(world, 'run', 'f/0', '--', 'true');
      assert.equal(code, 1);
      assert.match(
        stderr,
        /the agent of f\/0 on machine m0 is down: the agent of m0 was stopped at \S+ \S+\n {2}try: .*ensemble-agent --machine m0/,
      );
    });

    it('taken back by Ctrl-C before it begins, is never run', async () => {
      await running({ start: 'gate start' });
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'start 1'));
      const run = operate(world, 'run', 'f/0', '--', `touch ${world.path('ran')}`);
      await eventually(async () => assert.equal((await requests()).length, 1));
      run.process.kill('SIGINT');
      const { code, stderr } = await run.ended;
      assert.deepEqual([code, stderr], [130, 'taken back; it had not begun\n']);
      await eventually(async () => assert.deepEqual(await requests(), []));
      await world.openGate('start');
      assert.equal((await ensemble(world, 'run', 'f/0', '--', 'true')).code, 0);
      await assert.rejects(readFile(world.path('ran')));
    });

    it('goes on where its agent is killed meanwhile, once, and the next agent tells its end', async () => {
      const one = await world.publish(1);
      const first = await world.agentProcess();
      await world.deploy(one);
      await world.untilOn(one);
      const file = world.path('trace', 'gate-go');
      const run = operate(
        world,
        ...[
          'run',
          'f/0',
          '--',
          `echo one >>${world.path('ran')}; while [ ! -e ${file} ]; do sleep 0.02; done; echo two`,
        ],
      );
      await eventually(() => readFile(world.path('ran')));
      await first.kill();
      await world.agentProcess();
      await world.openGate('go');
      const { code, stdout } = await run.ended;
      assert.deepEqual([code, stdout], [0, 'two\n']);
      assert.equal(await readFile(world.path('ran'), 'utf8'), 'one\n');
    });
  });

describe('what is run, which no engine sees', () => {
  let world: World;
  before(async () => {
    world = await World.open();
    const one = await world.publish(1);
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
  });
  after(() => world.close());

  it('passes several words on as they are', async () => {
    const { stdout } = await ensemble(world, 'run', 'f/0', '--', 'printf', '<%s>', "it's", '$HOME', '-x y');
    assert.equal(stdout, "<it's><$HOME><-x y>");
  });

  it('tells programs everything as JSON', async () => {
    const { code, stdout } = await ensemble(world, 'run', '--format', 'json', 'f/0', '--', 'echo hi; exit 3');
    const document = JSON.parse(stdout);
    assert.equal(code, 3);
    assert.equal(typeof document.took, 'number');
    assert.deepEqual(
      { ...document, took: 0 },
      {
        unit: 'f/0',
        command: ['/bin/sh', '-c', 'echo hi; exit 3'],
        outcome: 'exited',
        exit: 3,
        output: 'hi\n',
        leftOut: 0,
        took: 0,
      },
    );
  });

  it('ends what takes too long, and exits with 124', async () => {
    const run = await ensemble(world, 'run', '--timeout', '3s', 'f/0', '--', 'echo begun; exec sleep 60');
    assert.equal(run.code, 124);
    assert.match(run.stdout, /^begun\n/);
    assert.match(run.stderr, /^warning: the command was ended after \d s\n/);
  });

  it('exits with 128 and the signal where the command was killed', async () => {
    const { code, stderr } = await ensemble(world, 'run', 'f/0', '--', 'kill -KILL $$');
    assert.equal(code, 137);
    assert.match(stderr, /ended by SIGKILL/);
  });

  it('names a unit that does not exist', async () => {
    const { code, stderr } = await ensemble(world, 'run', 'g/7', '--', 'true');
    assert.equal(code, 1);
    assert.match(stderr, /unit g\/7 does not exist/);
  });
});
