import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { ensemble, operate } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const metadata =
  'name: f\nrevision: 1\nsummary: s\nrequires: {db: {interface: i}}\nprovides: {srv: {interface: i}}\n';

/** `--timeout` bounded the running alone: a command that could not begin hung without a word. */
describe('run', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('--timeout bounds the waiting, and what it waits for is said', async () => {
    await world.publish(1, { hooks: { start: 'gate start' } });
    await world.agent();
    await world.deploy('world:f-1');
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'start 1'));
    const { code, stderr } = await ensemble(world, 'run', '--timeout', '2s', 'f/0', '--', 'true');
    assert.equal(code, 124);
    assert.match(stderr, /the command waits: f\/0 is starting/);
    assert.match(stderr, /not begun within 2.0 s, and taken back: f\/0 is starting/);
    const names = (await world.coordinator.children(paths.unit('f/0'))) ?? [];
    assert.deepEqual(
      names.filter((name) => name.startsWith('run-')),
      [],
      'it is taken back',
    );
  });

  it('--timeout bounds waiting and running together', async () => {
    await world.publish(1, { hooks: { start: 'gate start' } });
    await world.agent();
    await world.deploy('world:f-1');
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'start 1'));
    const run = operate(world, 'run', '--format', 'json', '--timeout', '6s', 'f/0', '--', 'sleep 600');
    // Which it says after a second.
    await eventually(() => assert.match(run.stderr(), /the command waits/));
    await world.openGate('start');
    const { code, stdout } = await run.ended;
    assert.equal(code, 124);
    const { took } = JSON.parse(stdout);
    assert.ok(took < 5_800, `it ran for ${took} ms, having waited for a second at least`);
  });

  describe('where as many hooks run on the machine as may', () => {
    beforeEach(async () => {
      await world.publish(1);
      await world.publish(2, { hooks: { start: 'gate start' } });
      await world.agent({ hookConcurrency: 1 });
      await world.deploy('world:f-1');
      await world.until('started');
      await world.deploy('world:f-2', 1, 'busy');
      await eventually(async () => assert.equal((await world.trace('busy/0')).at(-1), 'start 2'));
    });

    it('is taken back after its timeout, says what it waited for, and never runs', async () => {
      const { code, stderr } = await ensemble(world, 'run', '--timeout', '3s', 'f/0', '--', 'touch', 'ran');
      assert.equal(code, 124, stderr);
      assert.match(stderr, /not begun within 3.0 s, and taken back: .*hook run waits until another one/);
      await eventually(async () => assert.equal((await world.unit()).status.message ?? '', ''));
      await world.openGate('start');
      await world.until('started', 'busy/0');
      const { stdout } = await ensemble(world, 'run', 'f/0', '--', 'ls');
      assert.doesNotMatch(stdout, /^ran$/m, 'what was taken back ran');
    });

    it('counts the waiting in, and begins when it is its turn', async () => {
      const run = operate(world, 'run', '--format', 'json', '--timeout', '6s', 'f/0', '--', 'sleep 600');
      await eventually(() => assert.match(run.stderr(), /the command waits: .*hook run waits until/));
      await world.openGate('start');
      const { code, stdout } = await run.ended;
      assert.equal(code, 124);
      const { outcome, took } = JSON.parse(stdout);
      assert.equal(outcome, 'timed-out');
      assert.ok(took < 5_800, `it ran for ${took} ms, having waited for a second at least`);
    });
  });

  it('--timeout bounds connecting, and Ctrl-C ends it', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = mute.address() as AddressInfo;
      const elsewhere = ['--state', `zookeeper://127.0.0.1:${port}/x`, '--storage', world.storage];
      const words = ['f/0', '--', 'true'];
      const { code, stderr } = await ensemble(world, 'run', ...elsewhere, '--timeout', '1s', ...words);
      assert.equal(code, 124);
      assert.match(
        stderr,
        /not begun within 1.0 s: the coordinator has not answered, and no unit was asked\n$/,
      );

      const run = operate(world, 'run', ...elsewhere, ...words);
      const connected = new Promise((resolve) => mute.once('connection', resolve));
      await connected;
      run.process.kill('SIGINT');
      const { code: interrupted, stderr: said } = await run.ended;
      assert.equal(interrupted, 130, said);
      assert.match(said, /interrupted: the coordinator has not answered, and no unit was asked\n$/);
    } finally {
      mute.close();
    }
  });

  it('is answered where the agent cannot begin it, with the reason', async () => {
    await world.publish(1);
    await world.agent();
    await world.deploy('world:f-1');
    await world.until('started');
    const runs = world.path('machines', 'm0', 'runs');
    await rm(runs, { recursive: true });
    await writeFile(runs, 'in its place');
    try {
      for (const where of ['f/0', 'f']) {
        const { code, stderr } = await ensemble(world, 'run', where, '--', 'true');
        assert.equal(code, 1, stderr);
        assert.match(stderr, /could not be started: \S+ cannot be used: a part of its path is a file/);
        assert.doesNotMatch(stderr, /ENOTDIR|hook-cannot-adopt/);
      }
    } finally {
      await rm(runs);
    }
    // And the unit is none the worse for it.
    const { code, stdout } = await ensemble(world, 'run', 'f/0', '--', 'echo here');
    assert.deepEqual([code, stdout], [0, 'here\n']);
  });

  it('runs in a unit that is stopping and cannot leave a relation, as in any other error', async () => {
    await world.publish(1, {
      hooks: { 'db-relation-broken': 'exit 1', 'db-relation-departed': 'exit 1' },
      files: { 'metadata.yaml': metadata },
    });
    await world.agent();
    await world.deploy('world:f-1');
    await world.deploy('world:f-1', 1, 'g');
    for (const unit of ['f/0', 'g/0']) await world.until('started', unit);
    const names = [parseEndpointName('f:db'), parseEndpointName('g:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    await eventually(async () =>
      assert.ok(
        (await world.trace()).includes('db-relation-joined 1') || (await world.unit()).status.relations,
      ),
    );
    await destroyService(world.coordinator, 'f', requester);
    await eventually(async () => {
      const { status } = await world.unit();
      assert.equal(status.state, 'stopping');
      assert.equal(status.relations?.['db:0']?.state, 'error');
    });
    const { code, stdout, stderr } = await ensemble(
      world,
      'run',
      '--timeout',
      '20s',
      'f/0',
      '--',
      'echo here',
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'here\n');
  });
});
