import assert from 'node:assert/strict';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { removalSchema, resolvedSchema } from '../../state/model/request-schemas.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('add-unit, remove-unit, destroy-service and resolved', () => {
  const world = useSandbox();

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
  });

  const deploy = (...args: string[]) =>
    world.box.ok('deploy', '--no-wait', '--repository', 'principia', ...args);
  const units = async () => {
    const { stdout } = await world.box.ok('status', '--format', 'json');
    return Object.keys(JSON.parse(stdout).services.guestbook?.units ?? {});
  };

  it('adds units, whose numbers are never used again', async () => {
    await deploy('-n', '2', 'guestbook');
    await world.box.ok('remove-unit', 'guestbook/1');
    const { stderr } = await world.box.ok('add-unit', '--no-wait', '-n', '2', 'guestbook');
    assert.match(stderr, /^added guestbook\/2, guestbook\/3\n/);
    assert.deepEqual(await units(), ['guestbook/0', 'guestbook/2', 'guestbook/3']);
  });

  it('leaves a service without units where they cannot be made, and add-unit is the way on', async () => {
    const coordinator = await world.box.coordinator();
    await coordinator.create(paths.unit('guestbook/0'), nodeValue({ somebody: 'else' }));
    const { code, stderr } = await world.box.run('deploy', '--repository', 'principia', 'guestbook');
    assert.equal(code, 1);
    assert.match(stderr, /\nensemble: service guestbook is created, but not all of its units are: /);
    assert.match(
      stderr,
      /\n {2}try: the same command again makes the others; where it cannot: ensemble add-unit --rest guestbook, on another machine with --machine\n$/,
    );
    await world.box.ok('add-unit', '--no-wait', 'guestbook');
    assert.deepEqual(await units(), ['guestbook/1']);
  });

  it('removes at once what nobody could stop, and asks for the rest', async () => {
    await deploy('-n', '2', 'guestbook');
    assert.equal((await world.box.ok('remove-unit', 'guestbook/0')).stderr, 'removed guestbook/0\n');
    const coordinator = await world.box.coordinator();
    await new FakeAgent(coordinator).register();
    await world.box.ok('add-unit', '--no-wait', 'guestbook');
    const { code, stderr } = await world.box.run('remove-unit', 'guestbook/1', 'guestbook/2');
    assert.equal(code, 0);
    assert.equal(
      stderr,
      'removed guestbook/1\nguestbook/2 is asked to stop and go; see how far with: ensemble status\n' +
        'warning: no agent is running on m0, so guestbook/2 must wait; start it on m0.test as it was started before: by its service manager, or ensemble-agent --machine m0 with its --data-dir\n',
    );
    const removal = await readEntity(coordinator, paths.removal('guestbook/2'), removalSchema);
    assert.match(removal?.value.by ?? '', /^\S+@\S+$/);
  });

  it('destroys a service with its last unit', async () => {
    await new FakeAgent(await world.box.coordinator()).register();
    await deploy('guestbook');
    const { stderr } = await world.box.ok('destroy-service', 'guestbook');
    assert.match(stderr, /^service guestbook goes when its units have stopped/);
    assert.match((await world.box.ok('status')).stdout, /\nguestbook \(going\) /);
    const again = await world.box.run('deploy', '--repository', 'principia', 'guestbook');
    assert.match(again.stderr, /^ensemble: service guestbook is being destroyed\n/);
    assert.match((await world.box.run('add-unit', 'guestbook')).stderr, /is being destroyed\n/);
  });

  it('destroys a service at once whose units nobody took up', async () => {
    await deploy('-n', '3', 'guestbook');
    const { stderr } = await world.box.ok('destroy-service', 'guestbook');
    assert.equal(stderr, 'service guestbook is gone\n');
    await deploy('guestbook');
  });

  it('asks a unit in an error state to go on, once as done and once by running the hook again', async () => {
    const agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await deploy('guestbook');
    const refused = await world.box.run('resolved', 'guestbook/0');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^ensemble: unit guestbook\/0 is in no error state: it is pending\n/);
    await agent.report('guestbook/0', { state: 'install-error', message: 'no' });
    const request = async () =>
      (await readEntity(agent.coordinator, paths.resolved('guestbook/0'), resolvedSchema))?.value;
    await world.box.ok('resolved', 'guestbook/0');
    const first = await request();
    assert.equal(first?.retry, false);
    assert.match(
      (await world.box.ok('resolved', '--retry', 'guestbook/0')).stderr,
      /run the failed hook again/,
    );
    const second = await request();
    assert.equal(second?.retry, true);
    assert.notEqual(second.id, first.id, 'the second request can be told from the first');
  });
});
