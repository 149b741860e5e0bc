import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type CommandEnd, ensemble, operate } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const CONFIG = 'options:\n  title: {type: string, default: a}\n  password: {type: string, default: none}\n';
const REFUSES = '[ "$(config-get title)" != bad ] || { echo no such title >&2; exit 3; }';

/** `set` broke every unit of a service at once, and said that it had changed the value. */
describe('set follows its units', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function running(units = 1, hook = REFUSES): Promise<void> {
    await world.publish(1, { config: CONFIG, hooks: { 'config-changed': hook } });
    await world.agent();
    for (const unit of await world.deploy('world:f-1', units)) await world.untilOn('world:f-1', unit);
  }

  const set = (...args: readonly string[]): Promise<CommandEnd> => ensemble(world, 'set', 'f', ...args);
  const runs = async (unit = 'f/0'): Promise<number> =>
    (await world.trace(unit)).filter((line) => line === 'config-changed 1').length;

  it('until each has run config-changed for it', async () => {
    await running(2);
    const { code, stderr, stdout } = await set('title=b');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^f: changed title$/m);
    assert.match(stderr, /\n2 of 2 units run with the new values \(\d.*\)\n$/);
    assert.equal(stdout, '');
    assert.deepEqual([await runs('f/0'), await runs('f/1')], [2, 2]);
    assert.match(
      (await set('title=b')).stderr,
      /^nothing to change: .*\n2 of 2 units run with the new values/ms,
    );
  });

  it('and exits 1 where one fails, with the reason and the commands', async () => {
    await running();
    const { code, stderr } = await set('title=bad');
    assert.equal(code, 1);
    assert.match(stderr, /\n0 of 1 units run with the new values /);
    assert.match(stderr, /\nf\/0 failed: config-error: hook "config-changed".*no such title/);
    assert.match(
      stderr,
      /\n {2}try: .*ensemble resolved --retry f\/0, or: ensemble set --undo f \(takes back the last set\)\n$/,
    );
    const undone = await set('--undo');
    assert.equal(undone.code, 0, undone.stderr);
    assert.match(undone.stderr, /^f: as before the last set: title: "bad" → \(default\)$/m);
    await world.until('started');
  });

  it('says for programs what changed and what came of it, and no secret', async () => {
    await running();
    const good = await set('--format', 'json', 'title=b', 'password=hunter2');
    assert.equal(good.code, 0, good.stderr);
    const outcome = JSON.parse(good.stdout);
    assert.deepEqual(outcome.changes, { title: { to: 'b' }, password: { secret: true } });
    assert.deepEqual([outcome.service, outcome.end, outcome.units['f/0'].outcome], ['f', 'settled', 'done']);
    const bad = await set('--format', 'json', 'title=bad');
    const { units } = JSON.parse(bad.stdout);
    assert.deepEqual([bad.code, units['f/0'].outcome, units['f/0'].state], [1, 'failed', 'config-error']);
    assert.match(units['f/0'].next, /ensemble resolved --retry f\/0/);
    assert.doesNotMatch(good.stdout + good.stderr + bad.stdout, /hunter2/);
  });

  it('and says of a hook that hangs how it is ended', async () => {
    await running(1, '[ "$(config-get title)" != bad ] || exec sleep 600');
    const { code, stderr } = await set('--timeout', '4s', 'title=bad');
    assert.equal(code, 1);
    assert.match(stderr, /to end its hook, should it hang: ensemble abort f\/0$/m);
    // The unit says so before its hook has begun.
    await eventually(async () => assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0));
    await world.until('config-error');
  });

  it('and exits 1 where its service is destroyed meanwhile, and says so', async () => {
    const slow = '[ "$(config-get title)" != bad ] || [ "$ENSEMBLE_UNIT_NAME" = f/0 ] || gate go';
    await running(2, slow);
    const setting = operate(world, 'set', 'f', 'title=bad');
    await eventually(() => assert.match(setting.stderr(), /f\/1: configuring/));
    assert.equal((await ensemble(world, 'destroy-service', 'f')).code, 0);
    await eventually(() => assert.match(setting.stderr(), /f\/0: (stopping|stopped|removed)/));
    await world.openGate('go');
    const { code, stderr } = await setting.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /service f (was|is being) destroyed meanwhile\n {2}try: ensemble history f$/m);
  });

  it('--no-wait does not, and says whose agent is away', async () => {
    await running();
    await world.stopAgents();
    await eventually(async () => assert.ok(await world.coordinator.get(paths.agent('m0')))).catch(
      () => undefined,
    );
    await world.coordinator.remove(paths.agent('m0'));
    const { code, stderr } = await set('--no-wait', 'title=b');
    assert.equal(code, 0);
    assert.match(stderr, /^warning: the agent of m0 was stopped at .*, so f\/0 must wait; start it on /m);
    const followed = await set('title=c');
    assert.equal(followed.code, 1);
    assert.match(
      followed.stderr,
      /the agent of m0 was stopped at .*: start it on .*\n {2}until then f\/0 waits; the request is kept\n/,
    );
    await world.agent();
    await eventually(async () => assert.equal((await world.unit()).status.config?.seen, 2));
    assert.match((await set('title=c')).stderr, /1 of 1 units run with the new values/);
  });

  it('ends at once without units', async () => {
    await world.publish(1, { config: CONFIG });
    await world.deploy('world:f-1', 0);
    const { code, stderr } = await set('title=b');
    assert.deepEqual([code, stderr], [0, 'f: changed title\n']);
  });

  it('takes for done at once what changes nothing for the unit, such as the default', async () => {
    await running();
    assert.equal((await set('title=a')).code, 0);
    assert.equal(await runs(), 1, 'no hook ran');
    assert.equal((await set('--reset', 'title')).code, 0);
    assert.equal(await runs(), 1);
  });

  it('says of a unit whose install they do not help either how to take them back', async () => {
    await world.publish(1, { config: CONFIG, hooks: { install: 'exit 1' } });
    await world.agent();
    await world.deploy('world:f-1');
    await world.until('install-error');
    const { code, stderr } = await set('title=b');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /\nf\/0 failed: install-error: .*\n {2}try: .*ensemble resolved --retry f\/0, or: ensemble set --undo f \(.*\)\n$/,
    );
  });

  it('does not wait for an agent of a release that does not tell, and says so', async () => {
    await running();
    // What stands of it there is what an older one wrote: this one does not write until something changes.
    await world.stopAgents();
    const { config: _config, ...status } = (await world.unit()).status;
    await world.coordinator.set(paths.status('f/0'), nodeValue(status));
    const presence = nodeValue({ pid: 1, version: '0.1.0', since: '2026-01-01T00:00:00Z' });
    await world.coordinator.remove(paths.agent('m0')).catch(() => undefined);
    await world.coordinator.create(paths.agent('m0'), presence, { ephemeral: true });
    const { code, stderr } = await set('title=b');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /\nf\/0: not known whether config-changed has run, as the agent is of a release that does not tell\n {2}try: ensemble history f\n$/,
    );
  });

  it('ends where others set meanwhile, and says so', async () => {
    await running(1, '[ "$(config-get title)" = a ] || gate go');
    const first = set('title=b');
    await eventually(async () => assert.equal((await world.unit()).status.state, 'configuring'));
    const second = set('title=c');
    await eventually(async () => assert.equal((await world.coordinator.get(paths.config('f')))?.version, 2));
    await world.openGate('go');
    const [one, two] = await Promise.all([first, second]);
    assert.deepEqual([one.code, two.code], [0, 0], one.stderr + two.stderr);
    assert.match(one.stderr, /the config of f was set again meanwhile; see: ensemble history f/);
    assert.doesNotMatch(two.stderr, /set again meanwhile/);
    assert.equal(await runs(), 3);
  });
});
