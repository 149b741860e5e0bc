import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { type CommandEnd, ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';
const RELATED =
  'name: f\nrevision: 1\nsummary: s\nprovides: {srv: {interface: i}}\nrequires: {cli: {interface: i}}\n';

/** A broken service was resolved unit by unit, and of a relation in error it was said that its unit was in none. */
describe('resolved', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const resolved = (...args: readonly string[]): Promise<CommandEnd> => ensemble(world, 'resolved', ...args);

  /** Two units of f in error, and one of g. */
  async function broken(): Promise<void> {
    await world.publish(1, { hooks: { start: 'test -e "$TRACE/gate-mended"' } });
    await world.agent();
    await world.deploy(ONE, 2);
    await world.deploy(ONE, 1, 'g');
    for (const unit of ['f/0', 'f/1', 'g/0']) await world.until('start-error', unit);
  }

  /** web/0 and db/0, of which a relation hook of web/0 fails until it is mended. */
  async function related(hook: string): Promise<void> {
    await world.publish(1, {
      hooks: {
        [hook]: 'test -e "$TRACE/gate-mended"',
        'config-changed': '[ "$(config-get title)" != bad ]',
      },
      files: { 'metadata.yaml': RELATED },
      config: 'options:\n  title: {type: string}\n',
    });
    await world.agent();
    for (const service of ['web', 'db']) {
      await world.deploy(ONE, 1, service);
      await world.untilOn(ONE, `${service}/0`);
    }
    const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
  }

  const untilRelation = (state: string): Promise<void> =>
    eventually(async () =>
      assert.equal((await world.unit('web/0')).status.relations?.['cli:0']?.state, state),
    );

  it('of a service: all of its units in error, and says which; nobody else’s', async () => {
    await broken();
    await world.openGate('mended');
    const { code, stderr } = await resolved('--retry', 'f');
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^f\/0 is asked to run the failed hook again; .*\nf\/1 is asked to run the failed hook again; .*\n$/,
    );
    for (const unit of ['f/0', 'f/1']) await world.untilOn(ONE, unit);
    assert.equal((await world.unit('g/0')).status.state, 'start-error');
    const again = await resolved('f');
    assert.deepEqual([again.code, again.stderr], [0, 'nothing of f is in error\n']);
    assert.equal((await resolved('g')).code, 0);
    await world.until('started', 'g/0');
    assert.equal((await world.trace('g/0')).filter((line) => line === 'start 1').length, 1, 'taken as done');
  });

  it('of a service that is not there, or with a relation: says what is wrong', async () => {
    await broken();
    const { code, stderr } = await resolved('h');
    assert.deepEqual([code, /service h does not exist; there are: f, g/.test(stderr)], [1, true], stderr);
    const usage = await resolved('f', 'cli');
    assert.equal(usage.code, 2);
    assert.match(usage.stderr, /a relation in error is one of a unit: name the unit with cli/);
    assert.equal((await resolved()).code, 2);
    assert.equal((await resolved('--all', 'f')).code, 2);
  });

  it('of a service: its relations in error too', async () => {
    await related('cli-relation-joined');
    await untilRelation('error');
    await world.openGate('mended');
    const { code, stderr } = await resolved('--retry', 'web');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^web\/0 is asked to run the failed hook again of relation cli:0; /);
    await untilRelation('up');
  });

  it('of a unit whose relation is in error names the relation and the command, which helps', async () => {
    await related('cli-relation-joined');
    await untilRelation('error');
    const { code, stderr } = await resolved('web/0');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /web\/0 is in no error state: it is started; its relation cli:0 is in error: hook "cli-relation-joined" of web\/0 failed.*\n {2}try: ensemble resolved --retry web\/0 cli:0\n$/,
    );
    assert.equal(stderr.match(/ensemble resolved/g)?.length, 1, 'one command, once');
    await world.openGate('mended');
    assert.equal((await resolved('--retry', 'web/0', 'cli:0')).code, 0);
    await untilRelation('up');
  });

  it('of a unit in error with a relation in error: names that too, and the command', async () => {
    await related('cli-relation-joined');
    await untilRelation('error');
    assert.equal((await ensemble(world, 'set', 'web', 'title=bad')).code, 1);
    const { code, stderr } = await resolved('web/0');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^web\/0 is asked to take the failed hook as done; /);
    assert.match(stderr, /^its relation cli:0 is in error too: ensemble resolved --retry web\/0 cli:0$/m);
    await world.until('started', 'web/0');
    await world.openGate('mended');
    assert.equal((await resolved('--retry', 'web/0', 'cli:0')).code, 0);
    await untilRelation('up');
  });

  it('of a unit that cannot stop, for a relation in error, names it', async () => {
    await related('cli-relation-broken');
    await untilRelation('up');
    assert.equal((await ensemble(world, 'remove-unit', 'web/0')).code, 0);
    await untilRelation('error');
    const { code, stderr } = await resolved('web/0');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /web\/0 is in no error state: it is stopping; its relation cli:0 is in error: .*cli-relation-broken.*\n {2}try: ensemble resolved --retry web\/0 cli:0\n$/,
    );
    await world.openGate('mended');
    assert.equal((await resolved('--retry', 'web/0', 'cli:0')).code, 0);
    await eventually(() => assert.rejects(world.unit('web/0')));
  });
});
