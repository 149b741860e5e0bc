import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a broken hook that tells all its relations', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const formula = await world.publish(1, {
      hooks: {
        // The loop of the documentation, which computes from what is there.
        'srv-relation-broken':
          'ids=$(relation-ids srv)\necho "ids $ids" >>"$trace.ids"\nfor id in $ids; do relation-set -r "$id" left=1 || exit 4; done',
        'srv-relation-changed': 'relation-get -r srv:0 - web/9; echo "unknown $?" >>"$trace.ids"',
      },
      files: { 'metadata.yaml': 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n' },
    });
    for (const service of ['db', 'web', 'shop']) await world.deploy(formula, 1, service);
    for (const client of ['web:cli', 'shop:cli']) {
      const names = [parseEndpointName(client), parseEndpointName('db:srv')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
    }
    await world.agent();
  });
  afterEach(() => world.close());

  it('reaches those that are left, and is not put in error by the one that is gone', async () => {
    const noted = async (): Promise<string> =>
      readFile(world.path('trace', 'db-0.ids'), 'utf8').catch(() => '');
    await eventually(async () => assert.equal(await noted(), 'unknown 1\nunknown 1\n'), 60_000);
    await removeRelation(world.coordinator, '0', requester);
    await eventually(
      async () => assert.equal(await world.coordinator.get(paths.relation('0')), undefined),
      60_000,
    );
    assert.equal(await noted(), 'unknown 1\nunknown 1\nids srv:1\n');
    const settings = await world.coordinator.get(paths.settings('/relations/1', 'db/0'));
    assert.equal(JSON.parse(settings?.value ?? '{}').left, '1');
    assert.equal((await world.unit('db/0')).status.relations?.['srv:1']?.state, 'up');
  });
});
