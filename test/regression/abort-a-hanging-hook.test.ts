import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../control/unit/resolve.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import { ensemble, operate } from '../agent/operator.js';
import { type FormulaOptions, requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** A hook that hung kept its unit for an hour, and nothing said which one hung, nor ended it. */
describe('abort', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Of which a child in the background takes no notice of the gate's end. */
  const hangs = 'sleep 600 & gate "$ENSEMBLE_HOOK"';

  async function deployed(options: FormulaOptions): Promise<string> {
    const one = await world.publish(1, options);
    await world.agent();
    await world.deploy(one);
    return one;
  }

  const hook = (unit = 'f/0'): Promise<NonNullable<UnitStatus['hook']>> =>
    eventually(async () => {
      const { status } = await world.unit(unit);
      assert.ok(status.hook, JSON.stringify(status));
      return status.hook;
    });

  const isGone = (pid: number): Promise<void> =>
    eventually(() => assert.throws(() => process.kill(-pid, 0), 'nothing of its group is left'));

  it('names the hook that hangs, ends its group, and leaves an ordinary failure and a record', async () => {
    await deployed({ hooks: { start: hangs } });
    const { name, pid, attempt, since } = await hook();
    assert.deepEqual([name, attempt], ['start', 1]);
    assert.ok(Math.abs(Date.now() - Date.parse(since)) < 60_000);
    const shown = await ensemble(world, 'status');
    assert.match(shown.stdout, new RegExp(`hook start runs since 2\\S+Z, process ${pid}`));
    const json = JSON.parse((await ensemble(world, 'status', '--format', 'json')).stdout);
    assert.deepEqual(json.services.f.units['f/0'].hook, { name, since, pid, attempt });
    const begun = performance.now();
    const { code, stderr } = await ensemble(world, 'abort', 'f/0');
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      new RegExp(`asked to end hook "start", which runs since .* as process ${pid} on m0`),
    );
    const { status } = await world.until('start-error');
    assert.ok(performance.now() - begun < 15_000, 'long before its time is over');
    assert.match(status.message, /^hook "start" of f\/0 was aborted by \S+@\S+/);
    assert.match(status.next ?? '', /ensemble resolved --retry f\/0$/);
    assert.equal(status.hook, undefined);
    await isGone(pid);
    await eventually(async () =>
      assert.equal(await world.coordinator.get(paths.abort('f/0')), undefined, 'the request is spent'),
    );
    const { stdout } = await ensemble(world, 'history', 'f/0');
    assert.match(stdout, new RegExp(`abort +asked .*start, pid ${pid}`));
    // And it is an error like any other.
    await world.openGate('start');
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.until('started');
  });

  it('is honoured after a restart of the agent, and by the agent that adopts the hook', async () => {
    await deployed({ hooks: { start: hangs } });
    const { pid } = await hook();
    await world.stopAgents();
    assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0);
    await world.agent();
    const { status } = await world.until('start-error');
    assert.match(status.message, /was aborted by/);
    await isGone(pid);
  });

  it('ends an upgrade hook, after which the unit can go back', async () => {
    const one = await deployed({});
    await world.untilOn(one);
    const two = await world.publish(2, { hooks: { 'upgrade-formula': hangs } });
    await world.upgrade(two);
    assert.equal((await hook()).name, 'upgrade-formula');
    assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0);
    await world.until('upgrade-error');
    assert.equal((await ensemble(world, 'revert-formula', 'f/0')).code, 0);
    await world.untilOn(one);
  });

  it('ends the hook of a relation, which is then in error by itself', async () => {
    const metadata =
      'name: f\nrevision: 1\nsummary: s\nrequires: {db: {interface: i}}\nprovides: {srv: {interface: i}}\n';
    const one = await deployed({
      hooks: { 'db-relation-joined': hangs },
      files: { 'metadata.yaml': metadata },
    });
    await world.deploy(one, 1, 'g');
    for (const unit of ['f/0', 'g/0']) await world.until('started', unit);
    const names = [parseEndpointName('f:db'), parseEndpointName('g:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    assert.equal((await hook()).name, 'db-relation-joined');
    assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0);
    await eventually(async () => {
      const relation = (await world.unit()).status.relations?.['db:0'];
      assert.equal(relation?.state, 'error');
      assert.match(relation?.message ?? '', /was aborted by/);
    });
    assert.equal((await world.unit()).status.state, 'started');
  });

  it('ends a command of `run`, which says so', async () => {
    const one = await deployed({});
    await world.untilOn(one);
    const command = operate(world, 'run', 'f/0', '--', 'sleep 600');
    assert.equal((await hook()).name, 'run');
    assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0);
    const { code, stderr } = await command.ended;
    assert.equal(code, 143);
    assert.match(stderr, /ended by SIGTERM: aborted by \S+@\S+/);
  });

  it('ends the waiting for another try, of a unit and of a relation', async () => {
    const metadata =
      'name: f\nrevision: 1\nsummary: s\nhooks: {start: {retry: {attempts: 9, backoff: 900}}}\n';
    await deployed({ hooks: { start: 'exit 1' }, files: { 'metadata.yaml': metadata } });
    await eventually(async () => assert.ok((await world.unit()).status.waiting));
    const { stderr } = await ensemble(world, 'abort', 'f/0');
    assert.match(stderr, /asked not to wait for another try of hook "start"/);
    const { status } = await world.until('start-error');
    assert.deepEqual(
      [status.message, status.waiting],
      ['hook "start" of f/0 failed with exit status 1', undefined],
    );
  });

  it('says where no hook runs, and that a unit does not exist', async () => {
    const one = await deployed({});
    await world.untilOn(one);
    const idle = await ensemble(world, 'abort', 'f/0');
    assert.equal(idle.code, 1);
    assert.match(idle.stderr, /no hook runs in f\/0: it is started/);
    assert.match((await ensemble(world, 'abort', 'f/7')).stderr, /unit f\/7 does not exist/);
  });
});
