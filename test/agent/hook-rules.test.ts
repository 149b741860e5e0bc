import assert from 'node:assert/strict';
import { requestResolved } from '../../state/model/requests.js';
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
});
