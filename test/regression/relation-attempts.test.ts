import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { requestRelationResolved } from '../../control/unit/resolve.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const note = 'echo "$ENSEMBLE_HOOK $ENSEMBLE_HOOK_ATTEMPT" >>"$trace.attempts"';

describe('the attempts at a relation hook', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const noted = async (): Promise<string[]> =>
    (await readFile(world.path('trace', 'db-0.attempts'), 'utf8').catch(() => '')).split('\n').slice(0, -1);

  const state = async (relation: string): Promise<string | undefined> =>
    (await world.unit('db/0')).status.relations?.[relation]?.state;

  it('are counted by its relation: a retry is a further one, also where the unit’s other hooks ran meanwhile', async () => {
    const formula = await world.publish(1, {
      hooks: {
        'srv-relation-joined': `${note}; [ "$ENSEMBLE_REMOTE_UNIT" != web/0 ] || [ -e "$TRACE/gate-mended" ]`,
        'srv-relation-changed': note,
      },
      files: {
        'metadata.yaml': 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n',
      },
    });
    for (const service of ['web', 'app', 'db']) await world.deploy(formula, 1, service);
    const relate = (service: string): Promise<unknown> =>
      addRelation(
        world.coordinator,
        [parseEndpointName(`${service}:cli`), parseEndpointName('db:srv')],
        requester.requestedAt,
      );
    const first = await world.agent();
    await relate('web');
    await eventually(async () => assert.equal(await state('srv:0'), 'error'));
    await requestRelationResolved(world.coordinator, 'db/0', 'srv:0', true, requester);
    await eventually(async () => assert.equal((await noted()).length, 2));
    await eventually(async () => assert.equal(await state('srv:0'), 'error'));
    await relate('app');
    await eventually(async () => assert.equal((await noted()).length, 4));
    await first.stop();
    await world.openGate('mended');
    await world.agent();
    await requestRelationResolved(world.coordinator, 'db/0', 'srv:0', true, requester);
    await eventually(async () => assert.equal((await noted()).length, 6));
    assert.deepEqual(await noted(), [
      'srv-relation-joined 1',
      'srv-relation-joined 2',
      'srv-relation-joined 1',
      'srv-relation-changed 1',
      'srv-relation-joined 3',
      'srv-relation-changed 1',
    ]);
  });
});
