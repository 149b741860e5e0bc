import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { eventually } from '../eventually.js';
import { ensemble, operate } from './operator.js';
import { requester, World } from './world.js';

describe('run on a whole service', function () {
  this.timeout(120_000);
  let world: World;
  let one: string;
  beforeEach(async () => {
    world = await World.open();
    one = await world.publish(1);
    for (const machine of ['m0', 'm1']) await world.agent({ machine });
  });
  afterEach(() => world.close());

  async function deploy(units: number): Promise<void> {
    for (const unit of await world.deploy(one, units)) await world.untilOn(one, unit);
  }

  const asked = async (unit: string): Promise<readonly string[]> =>
    ((await world.coordinator.children(paths.unit(unit))) ?? []).filter((name) => name.startsWith('run-'));

  it('runs in each of its units, and shows each line behind its unit', async () => {
    await deploy(3);
    const { code, stdout, stderr } = await ensemble(
      world,
      'run',
      'f',
      '--',
      'echo $ENSEMBLE_UNIT_NAME; printf end',
    );
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(stdout.split('\n').sort(), [
      '',
      ...['f/0', 'f/1', 'f/2'].flatMap((unit) => [`${unit}: ${unit}`, `${unit}: end`]).sort(),
    ]);
    assert.match((await ensemble(world, 'history', 'f')).stdout, / run .*in f\/0, f\/1, f\/2/);
  });

  it('exits with 1 where it failed in one, and names those with the reason', async () => {
    await deploy(3);
    const words = 'case $ENSEMBLE_UNIT_NAME in */0) ;; */1) exit 7 ;; *) kill -KILL $$ ;; esac';
    const { code, stderr } = await ensemble(world, 'run', 'f', '--', words);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^warning: f\/2: the command was ended by SIGKILL\nit did not succeed in 2 of 3 units: f\/1 \(exit 7\), f\/2 \(ended by SIGKILL\)\n$/,
    );
  });

  it('tells programs all of it as an array, in the order of the units', async () => {
    await deploy(2);
    const { code, stdout } = await ensemble(
      world,
      'run',
      '--format',
      'json',
      'f',
      '--',
      'echo hi; [ $ENSEMBLE_UNIT_NAME = f/0 ]',
    );
    assert.equal(code, 1);
    const runs = JSON.parse(stdout);
    assert.deepEqual(
      runs.map(({ unit, outcome, exit, output }: Record<string, unknown>) => [unit, outcome, exit, output]),
      [
        ['f/0', 'exited', 0, 'hi\n'],
        ['f/1', 'exited', 1, 'hi\n'],
      ],
    );
    assert.deepEqual(runs[0].command, ['/bin/sh', '-c', 'echo hi; [ $ENSEMBLE_UNIT_NAME = f/0 ]']);
  });

  it('runs in as many at a time as it is told, in their order; in all at once by default', async () => {
    await deploy(3);
    const gate = world.path('trace', 'gate-go');
    const words = `echo $ENSEMBLE_UNIT_NAME >>${world.path('began')}; while [ ! -e ${gate} ]; do sleep 0.02; done`;
    const began = async () =>
      (await readFile(world.path('began'), 'utf8').catch(() => '')).split('\n').sort();
    const bounded = operate(world, 'run', '--max-parallel', '2', 'f', '--', words);
    await eventually(async () => assert.deepEqual(await began(), ['', 'f/0', 'f/1']));
    assert.deepEqual(await asked('f/2'), [], 'its turn has not come');
    await world.openGate('go');
    assert.equal((await bounded.ended).code, 0);
    assert.deepEqual(await began(), ['', 'f/0', 'f/1', 'f/2']);
    await world.closeGate('go');
    const all = operate(world, 'run', 'f', '--', words);
    await eventually(async () => assert.equal((await began()).length, 7));
    await world.openGate('go');
    assert.equal((await all.ended).code, 0);
  });

  it('ends what takes too long in each unit by itself', async () => {
    await deploy(2);
    const words = 'case $ENSEMBLE_UNIT_NAME in */0) echo done ;; *) exec sleep 60 ;; esac';
    const { code, stdout, stderr } = await ensemble(world, 'run', '--timeout', '4s', 'f', '--', words);
    assert.deepEqual([code, stdout], [1, 'f/0: done\n']);
    assert.match(stderr, /it did not succeed in 1 of 2 units: f\/1 \(it took too long\)\n$/);
  });

  it('asks no further unit after Ctrl-C, and says what goes on', async () => {
    await deploy(2);
    const gate = world.path('trace', 'gate-go');
    const run = operate(
      world,
      ...[
        'run',
        '--max-parallel',
        '1',
        'f',
        '--',
        `touch ${world.path('began')}; while [ ! -e ${gate} ]; do sleep 0.02; done`,
      ],
    );
    await eventually(() => readFile(world.path('began')));
    run.process.kill('SIGINT');
    const { code, stderr } = await run.ended;
    assert.equal(code, 130);
    assert.match(
      stderr,
      /^f\/0: it goes on, and what it prints is lost; to end it: ensemble abort f\/0\nit did not succeed in 2 of 2 units: f\/0 \(interrupted\), f\/1 \(not asked before Ctrl-C\)\n$/,
    );
    await world.openGate('go');
  });

  it('Ctrl-C says nothing of units that are through', async () => {
    await deploy(3);
    const slow = `touch ${world.path('trace', 'begun')}; exec sleep 600`;
    const words = `case $ENSEMBLE_UNIT_NAME in */0) echo quick ;; *) ${slow} ;; esac`;
    const run = operate(world, 'run', '--max-parallel', '1', 'f', '--', words);
    await eventually(() => readFile(world.path('trace', 'begun')));
    run.process.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    assert.deepEqual([code, stdout], [130, 'f/0: quick\n']);
    assert.doesNotMatch(stderr, /f\/0/);
    assert.match(stderr, /^f\/1: it goes on, and what it prints is lost; to end it: ensemble abort f\/1$/m);
    assert.match(stderr, /^it did not succeed in 2 of 3 units: f\/1 \(interrupted\), f\/2 \(not asked/m);
    await ensemble(world, 'abort', 'f/1');
  });

  it('names units without an agent, and runs in the others', async () => {
    await deploy(1);
    await world.coordinator.create(paths.machine('m2'), '{"hostname":"m2"}');
    await world.coordinator.create(paths.machineUnits('m2'), '{}');
    await addUnits(world.coordinator, 'f', 1, requester.requestedAt, 'm2');
    const { code, stdout, stderr } = await ensemble(world, 'run', 'f', '--', 'echo here');
    assert.deepEqual([code, stdout], [1, 'f/0: here\n']);
    assert.match(
      stderr,
      /^it did not succeed in 1 of 2 units: f\/1 \(the agent of f\/1 on machine m2 is down\)\n$/,
    );
  });

  it('says that a service has no units, or does not exist, and leaves --max-parallel to services', async () => {
    await world.deploy(one, 0, 'none');
    assert.deepEqual(await ensemble(world, 'run', 'none', '--', 'true'), {
      code: 0,
      stdout: '',
      stderr: 'service none has no units\n',
    });
    const unknown = await ensemble(world, 'run', 'nothing', '--', 'true');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /service nothing does not exist; there are: none\n/);
    assert.equal((await ensemble(world, 'run', '--max-parallel', '2', 'f/0', '--', 'true')).code, 2);
  });
});
