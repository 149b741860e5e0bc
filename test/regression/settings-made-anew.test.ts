import assert from 'node:assert/strict';
import { isSameVersion, settingsVersion } from '../../agent/relation/settings-version.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';

describe('settings that were made anew while the agent of another unit was down', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('are told by `changed`, although their versions began again and came as far', async () => {
    const note = 'relation-get says "$ENSEMBLE_REMOTE_UNIT" 9>&- >>"$TRACE/said"';
    const says = 'relation-set says=before 9>&-';
    const bodies = { 'db-relation-changed': note, 'site-relation-joined': says };
    const formula = await world.publish(1, tracingFormula(world, 1, bodies));
    await world.agent({ machine: 'm1' });
    const agent = await world.agent();
    await world.deploy(formula, 1, 'f', 'm0');
    await world.deploy(formula, 1, 'g', 'm1');
    const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    const path = paths.settings(paths.meeting('0'), 'g/0');
    await eventually(async () => assert.equal((await world.coordinator.get(path))?.version, 1));
    const said = (last: string): Promise<void> =>
      eventually(async () => assert.equal((await world.text('said')).trim().split('\n').at(-1), last));
    await said('before');
    await eventually(async () => assert.deepEqual(await world.runs(), []));
    // It may be about to run `changed` once more: that it is stopped is no failure of that.
    await agent.stop();

    const before = await world.coordinator.get(path);
    const value = JSON.stringify({ ...JSON.parse(before?.value ?? '{}'), says: 'after' });
    await world.coordinator.remove(path);
    await world.coordinator.create(path, '{}');
    for (let version = 0; version < (before?.version ?? 0); version += 1)
      await world.coordinator.set(path, value);
    assert.equal((await world.coordinator.get(path))?.version, before?.version);
    await world.agent();
    await said('after');
  });

  it('are told from others by version and content, and from what release 0.1.0 knew by the version alone', () => {
    const [one, other] = [{ says: 'before' }, { says: 'after' }];
    assert.ok(isSameVersion(settingsVersion(1, one), settingsVersion(1, one)));
    assert.ok(!isSameVersion(settingsVersion(1, one), settingsVersion(1, other)));
    assert.ok(!isSameVersion(settingsVersion(1, one), settingsVersion(2, one)));
    assert.ok(isSameVersion(1, settingsVersion(1, one)));
    assert.ok(!isSameVersion(0, settingsVersion(1, one)));
    assert.ok(!isSameVersion(undefined, settingsVersion(0, one)));
    assert.ok(Number.isSafeInteger(settingsVersion(2 ** 31, one)));
  });
});
