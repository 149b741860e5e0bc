import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readServiceHistory } from '../../state/model/history.js';
import { readMachines } from '../../state/model/machines.js';
import { readConfigValues, requireService } from '../../state/model/services.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { FakeAgent } from '../cli/fake-agent.js';
import { type Sandbox, useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { useBundle } from '../use-bundle.js';

const killable = useBundle('test/cli/die-at-write.js', 'cli/main.js');

/** Runs a command that is killed at its nth write. @returns whether it was */
async function killed(box: Sandbox, death: string, ...args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [killable.program, ...args], {
    cwd: box.directory,
    env: { PATH: process.env.PATH, HOME: box.directory, ENSEMBLE_HOME: box.home, DIE_AT: death },
    stdio: 'ignore',
  });
  const [code, signal] = await once(child, 'exit');
  assert.ok(signal === 'SIGKILL' || code === 0, `${death}: ${code} ${signal}`);
  return signal === 'SIGKILL';
}

const config = 'options:\n  title: {type: string, default: Guests}\n';

describe('a deploy that was interrupted', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let coordinator: Coordinator;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 1, { config });
    await box.file('values.yaml', 'title: Ours\n');
    coordinator = await box.coordinator();
    for (const name of ['m0', 'm1']) await (await new FakeAgent(coordinator, name).register()).up();
  });
  const words = ['deploy', '--no-wait', '--repository', 'principia', '--config', 'values.yaml'];
  const deploy = (...more: readonly string[]) => world.box.run(...words, ...more);

  let writes: number | undefined;

  /** Of a formula that is published; the last of them makes units, up to 200. */
  async function writesOfADeploy(): Promise<number> {
    await deploy('guestbook', 'published');
    if (writes !== undefined) return writes;
    writes = 0;
    while (await killed(world.box, `${writes + 1} after`, ...words, 'guestbook', `s${writes}x`)) writes += 1;
    return writes;
  }

  /** What one undisturbed deploy leads to. */
  async function assertDeployed(service: string, units: number, formula = 'guestbook'): Promise<void> {
    const state = await readServiceState(coordinator, service);
    assert.deepEqual(
      state?.units.map(({ name }) => name),
      Array.from({ length: units }, (_, index) => `${service}/${index}`),
    );
    const { value } = await requireService(coordinator, service);
    assert.deepEqual(
      [value.formula, value.nextUnit, value.deploying],
      [`principia:${formula}-1`, units, undefined],
    );
    assert.deepEqual({ ...(await readConfigValues(coordinator, service)) }, { title: 'Ours' });
    const asked = (await readServiceHistory(coordinator, service)).filter(({ what }) => what === 'deploy');
    assert.equal(asked.length, 1, 'it is on record once');
    const placed = (await readMachines(coordinator)).flatMap(({ units: all }) =>
      all.filter((unit) => unit.startsWith(`${service}/`)),
    );
    assert.equal(placed.length, units, 'each is placed once');
  }

  it('by a kill after any of its writes ends as if it had run once, by the same command', async () => {
    let write = 1;
    for (; ; write += 1) {
      // Neither the formula nor the service was there before.
      const name = `g${write}x`;
      await world.box.formula(name, 1, { config });
      if (!(await killed(world.box, `${write} after`, ...words, '-n', '3', name))) break;
      const again = await deploy('-n', '3', name);
      assert.equal(again.code, 0, `after ${write} writes: ${again.stderr}`);
      await assertDeployed(name, 3, name);
    }
    // The bundle, the formula, the service with its history, and its units, at least.
    assert.ok(write > 5, `only ${write} writes`);
  });

  it('between two transactions of many units goes on with those that are not made', async () => {
    const write = await writesOfADeploy();
    assert.ok(await killed(world.box, `${write + 1} before`, ...words, '-n', '201', 'guestbook', 'many'));
    const { value } = await requireService(coordinator, 'many');
    const left = value.deploying;
    assert.deepEqual(left, { first: 0, units: 201, made: 200 });
    const again = await deploy('-n', '201', 'guestbook', 'many');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /goes on with the deploy of many: \d+ of 201 units are made\n/);
    await assertDeployed('many', 201);
  });

  it('by Ctrl-C while it follows is followed by the same command', async () => {
    const { box } = world;
    const agent = new FakeAgent(coordinator, 'm0');
    const same = ['deploy', '--repository', 'principia', '--config', 'values.yaml', 'guestbook'];
    const following = box.start(same);
    await eventually(() => agent.report('guestbook/0', { state: 'installing' }));
    await eventually(() => assert.match(following.stderr(), /installing/));
    following.process.kill('SIGINT');
    assert.equal((await following.ended).code, 130);
    const again = box.start(same);
    await eventually(() =>
      assert.match(
        again.stderr(),
        /^service guestbook exists already, with exactly this formula, config and number of units\n.*installing/,
      ),
    );
    await agent.start('guestbook/0', 'principia:guestbook-1');
    const { code, stderr } = await again.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /1 of 1 units run principia:guestbook-1/);
  });

  it('is refused to any other command of its name, which says in what it differs', async () => {
    const { box } = world;
    await deploy('-n', '2', 'guestbook');
    await box.file('others.yaml', 'title: Theirs\n');
    await box.file(
      'elsewhere/principia/guestbook/metadata.yaml',
      'name: guestbook\nrevision: 1\nsummary: a test\n',
    );
    const rows: readonly (readonly [readonly string[], RegExp])[] = [
      [[...words, '-n', '3', 'guestbook'], /running principia:guestbook-1, with 2 units, and not 3\n/],
      [[...words, 'guestbook'], /, with 2 units, and not 1\n/],
      [[...words, '-n', '2', '--machine', 'm0', 'guestbook'], /, with units placed otherwise\n/],
      [
        ['deploy', '--repository', 'principia', '-n', '2', 'guestbook'],
        /, with another config: title\n.*, or ensemble set guestbook --reset title\n/,
      ],
      [
        ['deploy', '--repository', 'principia', '-n', '2', '--config', 'others.yaml', 'guestbook'],
        /, with another config: title\n.*, or ensemble set guestbook title=VALUE\n/,
      ],
      [
        ['deploy', '--repository', 'elsewhere/principia', '-n', '2', 'guestbook'],
        /, from the repository .*principia\n/,
      ],
    ];
    for (const [args, said] of rows) {
      const { code, stderr } = await box.run(...args);
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, /^ensemble: service guestbook exists already/);
      assert.match(stderr, said);
    }
    await box.file('principia/guestbook-1/README', 'changed\n');
    assert.match((await deploy('-n', '2', 'guestbook')).stderr, /, with other files than are there now\n/);
    await box.formula('guestbook', 2, { config });
    assert.match(
      (await deploy('-n', '2', 'guestbook')).stderr,
      /^ensemble: service guestbook exists already, running principia:guestbook-1\n.*, or ensemble upgrade-formula --revision \d+ guestbook\n/,
    );
    await assertDeployed('guestbook', 2);
  });

  it('is told from another one while its units are still to be made', async () => {
    const write = await writesOfADeploy();
    assert.ok(
      await killed(world.box, `${write} before`, ...words, '-n', '2', '--machine', 'm1', 'guestbook', 'late'),
    );
    assert.equal((await requireService(coordinator, 'late')).value.deploying?.made, 0);
    assert.match(
      (await deploy('-n', '3', 'guestbook', 'late')).stderr,
      /exists already, .*, with 2 units, and not 3\n/,
    );
    assert.match((await deploy('-n', '2', 'guestbook', 'late')).stderr, /, with units placed otherwise\n/);
    assert.equal((await deploy('-n', '2', '--machine', 'm1', 'guestbook', 'late')).code, 0);
    await assertDeployed('late', 2);
    assert.deepEqual(
      (await readServiceState(coordinator, 'late'))?.units.map(({ unit }) => unit.machine),
      ['m1', 'm1'],
    );
  });
});
