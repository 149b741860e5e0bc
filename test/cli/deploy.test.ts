import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { FakeAgent } from './fake-agent.js';
import { type Sandbox, useSandbox } from './sandbox.js';

const config = 'options:\n  title: {type: string, default: Guests}\n  port: {type: int}\n';

describe('ensemble deploy', () => {
  const world = useSandbox();
  const deploy = (box: Sandbox, ...args: string[]) =>
    box.run('deploy', '--repository', 'principia', '--no-wait', ...args);

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1, { config });
    await world.box.formula('guestbook', 2, { config });
  });

  it('takes the highest revision, publishes it, and makes the service and its units', async () => {
    const { code, stdout, stderr } = await deploy(world.box, '-n', '3', 'guestbook');
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^published principia:guestbook-2\ndeployed principia:guestbook-2 as guestbook\n/);
    const coordinator = await world.box.coordinator();
    const state = await readServiceState(coordinator, 'guestbook');
    assert.deepEqual(
      state?.units.map(({ name }) => name),
      ['guestbook/0', 'guestbook/1', 'guestbook/2'],
    );
    assert.equal(state.service.repository.name, 'principia');
    assert.equal(state.service.repository.path, world.box.repository);
    const record = await readFormulaRecord(coordinator, 'principia:guestbook-2');
    assert.ok(record !== undefined);
    const stored = await readdir(join(world.box.home, 'local/storage', record.storageKey, '..'));
    assert.deepEqual(stored, [basename(record.storageKey)]);
    assert.ok(stored[0]?.startsWith(record.sha256), 'it is named by its content');
  });

  it('takes the revision that is named, either way', async () => {
    assert.match(
      (await deploy(world.box, 'guestbook-1', 'one')).stderr,
      /deployed principia:guestbook-1 as one/,
    );
    assert.match(
      (await deploy(world.box, '--revision', '1', 'guestbook', 'two')).stderr,
      /deployed principia:guestbook-1 as two/,
    );
    const missing = await deploy(world.box, 'guestbook-7');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /holds no revision 7 of guestbook\n {2}try: choose one of 1, 2/);
  });

  it('raises the revision in the formula’s directory by --upgrade, and deploys that', async () => {
    const { code, stderr } = await deploy(world.box, '-u', 'guestbook');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^published principia:guestbook-3\ndeployed principia:guestbook-3 as guestbook\n/);
    const again = await deploy(world.box, '-u', 'guestbook');
    assert.match(again.stderr, /service guestbook exists already, with exactly this formula/);
    await world.box.file('principia/guestbook-2/README', 'changed\n');
    const refused = await deploy(world.box, '-u', 'guestbook');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /service guestbook exists already, .*, with other files than are there now\n/,
    );
    const metadata = await readFile(join(world.box.repository, 'guestbook-2/metadata.yaml'), 'utf8');
    assert.match(metadata, /^revision: 3$/m, 'raised once: what is refused raises nothing');
  });

  it('takes the repository from ENSEMBLE_REPOSITORY', async () => {
    const { ended } = world.box.start(['deploy', '--no-wait', 'guestbook'], {
      ENSEMBLE_REPOSITORY: 'principia',
    });
    assert.equal((await ended).code, 0);
  });

  it('publishes a formula once, however many services run it', async () => {
    await deploy(world.box, 'guestbook', 'one');
    const { stderr } = await deploy(world.box, 'guestbook', 'two');
    assert.doesNotMatch(stderr, /published/);
    assert.match(stderr, /^deployed principia:guestbook-2 as two/);
  });

  it('refuses a service that exists, and says how to go on', async () => {
    await deploy(world.box, 'guestbook');
    const { code, stderr } = await deploy(world.box, 'guestbook-1');
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'ensemble: service guestbook exists already, running principia:guestbook-2\n' +
        '  try: ensemble deploy FORMULA OTHER-NAME, or ensemble add-unit guestbook\n',
    );
  });

  it('lets one of two deploys of the same service at once win, and tells the other', async () => {
    const runs = await Promise.all([
      deploy(world.box, '-n', '2', 'guestbook'),
      deploy(world.box, '-n', '3', 'guestbook'),
    ]);
    assert.deepEqual(runs.map((run) => run.code).sort(), [0, 1]);
    const loser = runs.findIndex((run) => run.code === 1);
    assert.match(runs[loser]?.stderr ?? '', /service guestbook exists already/);
    const state = await readServiceState(await world.box.coordinator(), 'guestbook');
    assert.equal(state?.units.length, loser === 0 ? 3 : 2);
  });

  it('makes each unit once where the same is deployed twice at once', async () => {
    const runs = await Promise.all([
      deploy(world.box, '-n', '2', 'guestbook'),
      deploy(world.box, '-n', '2', 'guestbook'),
    ]);
    assert.deepEqual(
      runs.map((run) => run.code),
      [0, 0],
      runs.map((run) => run.stderr).join(),
    );
    const state = await readServiceState(await world.box.coordinator(), 'guestbook');
    assert.deepEqual(
      state?.units.map(({ name }) => name),
      ['guestbook/0', 'guestbook/1'],
    );
  });

  it('makes a service without units by -n 0', async () => {
    const { code, stderr } = await world.box.run(
      'deploy',
      '--repository',
      'principia',
      '-n',
      '0',
      'guestbook',
    );
    assert.equal(code, 0);
    assert.match(stderr, /as guestbook, without units\n$/);
  });

  it('places units on the machine that is named, and refuses one that is not there before it makes anything', async () => {
    await new FakeAgent(await world.box.coordinator(), 'm1').register();
    const { code, stderr } = await deploy(world.box, '--machine', 'm9', 'guestbook');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^ensemble: machine m9 does not exist; there are: m1\n {2}try: ensemble-agent --machine m9/,
    );
    assert.match((await world.box.run('status', 'guestbook')).stderr, /service guestbook does not exist/);
    await deploy(world.box, '--machine', 'm1', 'guestbook');
    const { stdout } = await world.box.ok('status', '--format', 'json');
    assert.equal(JSON.parse(stdout).services.guestbook.units['guestbook/0'].machine, 'm1');
  });

  it('sets the values of a config file, in either shape', async () => {
    await world.box.file('plain.yaml', 'title: Plain\nport: 80\n');
    await world.box.file('juju.yaml', 'guests:\n  title: Nested\nother:\n  whatever: 1\n');
    await deploy(world.box, '--config', 'plain.yaml', 'guestbook', 'plain');
    await deploy(world.box, '--config', 'juju.yaml', 'guestbook', 'guests');
    const settings = async (service: string) =>
      JSON.parse((await world.box.ok('get', '--format', 'json', service)).stdout).settings;
    assert.equal((await settings('plain')).title.value, 'Plain');
    assert.equal((await settings('plain')).port.value, 80);
    assert.equal((await settings('guests')).title.value, 'Nested');
    assert.equal((await settings('guests')).port.set, false);
  });

  const wrongConfigs: readonly (readonly [string, string, string])[] = [
    ['title: [x\n', ':', 'is not YAML'],
    ['title: Guests\nport: many\n', ':2: port: ', 'must be a whole number, not "many"'],
    ['colour: red\n', ':1: colour: ', 'the formula has no such option\n  try: choose one of title, port'],
    ['guestbook:\n  port: 1.5\n', ':2: port: ', 'must be a whole number'],
    ['- a\n- b\n', ':1: ', ''],
  ];
  for (const [text, where, what] of wrongConfigs) {
    it(`refuses the config file ${JSON.stringify(text)}, and makes nothing`, async () => {
      await world.box.file('config.yaml', text);
      const { code, stderr } = await deploy(world.box, '--config', 'config.yaml', 'guestbook');
      assert.equal(code, 1);
      assert.ok(stderr.startsWith(`ensemble: config.yaml${where}`), stderr);
      assert.ok(stderr.includes(what), stderr);
      assert.match((await world.box.run('status', 'guestbook')).stderr, /does not exist/);
    });
  }

  it('leaves nothing behind in the temporary directory', async () => {
    const temporary = await world.box.file('tmp/.keep', '');
    const { ended } = world.box.start(['deploy', '--no-wait', '--repository', 'principia', 'guestbook'], {
      TMPDIR: join(temporary, '..'),
    });
    assert.equal((await ended).code, 0);
    assert.deepEqual(await readdir(join(temporary, '..')), ['.keep']);
    assert.notEqual(join(temporary, '..'), tmpdir());
  });

  it('waits for the units, and tells that all of them run', async () => {
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    const running = world.box.start(['deploy', '--repository', 'principia', '-n', '2', 'guestbook']);
    const { eventually } = await import('../eventually.js');
    await eventually(() => agent.unit('guestbook/1'));
    for (const unit of ['guestbook/0', 'guestbook/1']) await agent.start(unit, 'principia:guestbook-2');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /\nguestbook\/1: started\n/);
    assert.match(stderr, /\n2 of 2 units run principia:guestbook-2 \(\d+\.\d s\)\n$/);
  });
});
