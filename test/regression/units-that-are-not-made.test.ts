import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readServiceState } from '../../control/status/snapshot.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readServiceHistory } from '../../state/model/history.js';
import { requireService } from '../../state/model/services.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import { FakeAgent } from '../cli/fake-agent.js';
import { useSandbox } from '../cli/sandbox.js';
import { useBundle } from '../use-bundle.js';

const killable = useBundle('test/cli/die-at-write.js', 'cli/main.js');

/** A command was killed before all units were made, and nothing said so but the same `deploy`. */
describe('units that were asked for and are not made', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let coordinator: Coordinator;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 1);
    coordinator = await box.coordinator();
    await (await new FakeAgent(coordinator, 'm0').register()).up();
    await new FakeAgent(coordinator, 'm1').register();
  });

  async function killed(death: string, ...args: readonly string[]): Promise<void> {
    const { box } = world;
    const child = spawn(process.execPath, [killable.program, ...args], {
      cwd: box.directory,
      env: { PATH: process.env.PATH, HOME: box.directory, ENSEMBLE_HOME: box.home, DIE_AT: death },
      stdio: 'ignore',
    });
    assert.equal((await once(child, 'exit'))[1], 'SIGKILL');
  }

  const unmade = async (service: string): Promise<number> => {
    const found = await requireService(coordinator, service).catch(() => undefined);
    const batches = found === undefined ? [] : unmadeBatches(found.value);
    return batches.reduce((sum, { units, made }) => sum + units - made, 0);
  };

  /** Has a deploy killed as soon as the service is there; of a formula that is published, which are other writes. */
  async function deployKilled(...words: readonly string[]): Promise<void> {
    await world.box.ok(...deploy('published'));
    for (let write = 1; (await unmade('guestbook')) === 0; write += 1)
      await killed(`${write} after`, ...words);
  }

  const deploy = (...more: readonly string[]): readonly string[] => [
    'deploy',
    '--no-wait',
    '--repository',
    'principia',
    'guestbook',
    ...more,
  ];
  const unitsNow = async (service: string) => (await readServiceState(coordinator, service))?.units ?? [];
  const statusOf = async (service: string) => {
    const { stdout } = await world.box.ok('status', '--format', 'json');
    return JSON.parse(stdout).services[service];
  };
  const recorded = async (service: string, what: string): Promise<readonly (string | undefined)[]> =>
    (await readServiceHistory(coordinator, service))
      .filter((entry) => entry.what === what && entry.unit === undefined)
      .map(({ message }) => message);

  it('of a deploy are told by status, with the command that makes them', async () => {
    const { box } = world;
    await deployKilled(...deploy('-n', '2'));
    const next = 'ensemble add-unit --rest guestbook';
    assert.deepEqual((await statusOf('guestbook')).unmade, { units: 2, next });
    assert.match(
      (await box.ok('status')).stdout,
      /^2 units of guestbook that were asked for are not made; where no command is at it: ensemble add-unit --rest guestbook$/m,
    );
    assert.match(
      (await box.ok('add-unit', '--no-wait', '--rest', 'guestbook')).stderr,
      /^added guestbook\/0/m,
    );
    assert.equal((await unitsNow('guestbook')).length, 2);
    assert.equal((await statusOf('guestbook')).unmade, undefined);
    assert.deepEqual(await recorded('guestbook', 'add-unit'), ['guestbook/0, guestbook/1']);
    assert.match(
      (await box.ok('add-unit', '--rest', 'guestbook')).stderr,
      /^all units of guestbook that were asked for are made$/m,
    );
  });

  it('go elsewhere where the machine that was named is gone, as is said', async () => {
    const { box } = world;
    const words = deploy('-n', '2', '--machine', 'm1');
    await deployKilled(...words);
    await box.ok('remove-machine', 'm1');
    assert.deepEqual((await statusOf('guestbook')).unmade.machines, ['m1']);
    assert.match(
      (await box.ok('status')).stdout,
      /on m1 are not made; .* --rest guestbook, elsewhere with --machine$/m,
    );
    const again = await box.run(...words);
    assert.equal(again.code, 1);
    assert.match(
      again.stderr,
      /not all of its units are: .*m1.*\n.*where it cannot: ensemble add-unit --rest guestbook, on another machine with --machine$/m,
    );
    const elsewhere = await box.run(...deploy('-n', '2'));
    assert.match(
      elsewhere.stderr,
      /with units placed otherwise\n.*, or ensemble add-unit --rest guestbook$/m,
    );
    await box.ok('add-unit', '--no-wait', '--rest', '--machine', 'm0', 'guestbook');
    assert.deepEqual(
      (await unitsNow('guestbook')).map(({ unit }) => unit.machine),
      ['m0', 'm0'],
    );
  });

  it('of add-unit are told by status too, and are on record when they are made', async () => {
    const { box } = world;
    await box.ok(...deploy());
    const add = ['add-unit', '--no-wait', 'guestbook', '-n'];
    let write = 1;
    for (; (await unitsNow('guestbook')).length < 2; write += 1) await killed(`${write} after`, ...add, '1');
    await box.ok('add-unit', '--forget-rest', 'guestbook');
    await killed(`${write - 1} after`, ...add, '201');
    assert.equal((await statusOf('guestbook')).unmade.units, 1);
    assert.equal((await recorded('guestbook', 'add-unit')).at(-1), '200 units');
    const before = await unitsNow('guestbook');
    await box.ok('add-unit', '--no-wait', '--rest', 'guestbook');
    const after = await unitsNow('guestbook');
    const [added] = after.filter(({ name }) => !before.some((other) => other.name === name));
    assert.equal(after.length, before.length + 1);
    assert.equal((await recorded('guestbook', 'add-unit')).at(-1), added?.name);
  });

  it('can be given up', async () => {
    const { box } = world;
    await deployKilled(...deploy('-n', '2'));
    assert.match(
      (await box.ok('add-unit', '--forget-rest', 'guestbook')).stderr,
      /^2 units of guestbook are not made any more$/m,
    );
    assert.equal((await statusOf('guestbook')).unmade, undefined);
    assert.deepEqual(await recorded('guestbook', 'add-unit'), ['gives up the units that are not made']);
    await box.ok('add-unit', '--no-wait', 'guestbook');
    assert.deepEqual(
      (await unitsNow('guestbook')).map(({ name }) => name),
      ['guestbook/2'],
    );
    assert.equal((await box.run('add-unit', '--rest', '-n', '2', 'guestbook')).code, 2);
  });
});
