import assert from 'node:assert/strict';
import { requestResolved } from '../../control/unit/resolve.js';
import { requester, World } from './world.js';

describe('the rules a formula sets for its hooks', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const metadata = (hooks: string): Readonly<Record<string, string>> => ({
    'metadata.yaml': `name: f\nrevision: 1\nhooks: ${hooks}\n`,
  });

  it('a hook that takes longer than its own limit is ended, and that is said', async () => {
    const formula = await world.publish(1, {
      hooks: { start: 'exec sleep 60' },
      files: metadata('{start: {timeout: 0.3}}'),
    });
    await world.deploy(formula);
    await world.agent();
    const { status } = await world.until('start-error');
    assert.match(status.message, /"start" of f\/0 was ended after its time limit of 0.3 s/);
  });

  it('a hook is run again as often as its formula allows, and each attempt is counted', async () => {
    const formula = await world.publish(1, {
      hooks: { start: 'echo "attempt $ENSEMBLE_HOOK_ATTEMPT" >>"$trace"; [ "$ENSEMBLE_HOOK_ATTEMPT" = 3 ]' },
      files: metadata('{start: {retry: {attempts: 3, backoff: 0.01}}}'),
    });
    await world.deploy(formula);
    await world.agent();
    await world.untilOn(formula);
    assert.deepEqual((await world.trace()).slice(2), [
      'start 1',
      'attempt 1',
      'start 1',
      'attempt 2',
      'start 1',
      'attempt 3',
    ]);
  });

  it('after the last attempt the unit is in error; an operator may have it run once more', async () => {
    const formula = await world.publish(1, {
      hooks: { start: '[ -e "$TRACE/gate-mended" ]' },
      files: metadata('{start: {retry: {attempts: 2, backoff: 0}}}'),
    });
    await world.deploy(formula);
    await world.agent();
    await world.until('start-error');
    assert.equal((await world.trace()).filter((line) => line === 'start 1').length, 2);
    await world.openGate('mended');
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.untilOn(formula);
  });

  it('a hook without rules is run once', async () => {
    const formula = await world.publish(1, {
      hooks: { start: 'exit 1' },
      files: metadata('{stop: {retry: {attempts: 9}}}'),
    });
    await world.deploy(formula);
    await world.agent();
    await world.until('start-error');
    assert.equal((await world.trace()).filter((line) => line === 'start 1').length, 1);
  });

  it('an environment sets them for all hooks whose formula says nothing else', async () => {
    const formula = await world.publish(1, {
      hooks: { install: '[ "$ENSEMBLE_HOOK_ATTEMPT" = 2 ]', start: 'exit 1' },
      files: metadata('{start: {retry: {attempts: 1}}}'),
    });
    await world.deploy(formula);
    const hooks = { retry: { attempts: 2, backoff: 0 } };
    await world.agent({ environment: { name: 'world', state: world.state, storage: world.storage, hooks } });
    await world.until('start-error');
    assert.deepEqual(await world.trace(), ['install 1', 'install 1', 'config-changed 1', 'start 1']);
  });

  for (const [what, hooks, limit, said] of [
    ['an environment limits them too', '{}', undefined, '0.4 s'],
    ['the agent’s command line goes before the environment', '{}', 300, '0.3 s'],
    ['the formula goes before both', '{start: {timeout: 0.2}}', 300, '0.2 s'],
  ] as const) {
    it(what, async () => {
      const formula = await world.publish(1, { hooks: { start: 'exec sleep 60' }, files: metadata(hooks) });
      await world.deploy(formula);
      await world.agent({
        environment: { name: 'world', state: world.state, storage: world.storage, hooks: { timeout: 0.4 } },
        ...(limit !== undefined && { hookTimeLimit: limit }),
      });
      const { status } = await world.until('start-error');
      assert.ok(
        status.message.includes(`"start" of f/0 was ended after its time limit of ${said}`),
        status.message,
      );
    });
  }
});
