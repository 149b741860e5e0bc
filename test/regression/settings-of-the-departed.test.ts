import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('what a unit that departed had set', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const formula = await world.publish(1, {
      hooks: {
        'cli-relation-joined': 'relation-set colour=blue',
        'srv-relation-changed': 'echo "saw $(relation-get colour)" >>"$trace.saw"',
        'srv-relation-departed':
          'gate left; echo "last $(relation-get colour "$ENSEMBLE_REMOTE_UNIT")" >>"$trace.saw"',
      },
      files: {
        'metadata.yaml': 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n',
      },
    });
    await world.deploy(formula, 1, 'web');
    await world.deploy(formula, 1, 'db');
    const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
  });
  afterEach(() => world.close());

  const saw = async (line: string): Promise<void> => {
    await eventually(async () => {
      const text = await readFile(world.path('trace', 'db-0.saw'), 'utf8').catch(() => '');
      assert.equal(text.trimEnd().split('\n').at(-1), line);
    }, 60_000);
  };

  const begun = (): Promise<void> =>
    eventually(
      async () => assert.equal((await world.trace('db/0')).at(-1), 'srv-relation-departed 1'),
      60_000,
    );

  it('is told to departed when nothing of it is left in the tree, also after a restart of the agent', async () => {
    const first = await world.agentProcess();
    await saw('saw blue');
    await requestRemoval(world.coordinator, ['web/0'], requester);
    await begun();
    await eventually(
      async () => assert.equal(await world.coordinator.get(paths.unit('web/0')), undefined),
      60_000,
    );
    assert.deepEqual(await world.coordinator.children(paths.allSettings('/relations/0')), ['db-0']);
    await first.kill();
    await world.agentProcess();
    await world.openGate('left');
    await saw('last blue');
  });

  it('is told as well where both leave at the same time', async () => {
    await world.agent();
    await saw('saw blue');
    await removeRelation(world.coordinator, '0', requester);
    await begun();
    await eventually(async () =>
      assert.deepEqual(await world.coordinator.children(paths.allSettings('/relations/0')), ['db-0']),
    );
    await world.openGate('left');
    await saw('last blue');
  });
});
