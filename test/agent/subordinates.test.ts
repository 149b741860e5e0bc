import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { nodeOfUnit, paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { createService, unitsOfService } from '../../state/model/services.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { type FormulaOptions, requester, World } from './world.js';

const EVENTS = ['joined', 'departed', 'broken'];

/** A formula whose relation hooks note what they were told: hook, remote unit, members. */
function formula(revision: number, relation: string, metadata: string): FormulaOptions {
  const note =
    'echo "$ENSEMBLE_HOOK $ENSEMBLE_REMOTE_UNIT [$(relation-list | tr "\\n" " " | sed "s/ $//")]" >>"$trace.relations"';
  return {
    hooks: Object.fromEntries(EVENTS.map((event) => [`${relation}-relation-${event}`, note])),
    files: { 'metadata.yaml': `name: f\nrevision: ${revision}\n${metadata}` },
  };
}

for (const engines of [embedded, zookeeper()])
  describe(`subordinate units, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    let relation: string;
    beforeEach(async () => {
      world = await World.open(engines.environment());
      const app = await world.publish(1, formula(1, 'web', 'provides: {web: http}\n'));
      const log = await world.publish(
        2,
        formula(2, 'site', 'subordinate: true\nrequires: {site: {interface: http, scope: container}}\n'),
      );
      await world.deploy(app, 2, 'app');
      const repository = { name: 'world', path: world.path('world') };
      await createService(world.coordinator, 'log', { formula: log, repository }, {});
      const names = [parseEndpointName('log'), parseEndpointName('app')] as const;
      relation = (await addRelation(world.coordinator, names, requester.requestedAt)).number;
      await world.agent();
    });
    afterEach(() => world.close());

    const told = async (unit: string): Promise<string[]> => {
      const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.relations`), 'utf8').catch(
        () => '',
      );
      return text.split('\n').filter((line) => line !== '');
    };
    const toldInTheEnd = (unit: string, lines: readonly string[]) =>
      eventually(async () => assert.deepEqual(await told(unit), lines), 60_000);
    const allMet = async (): Promise<void> => {
      for (const number of [0, 1]) {
        await toldInTheEnd(`app/${number}`, [`web-relation-joined log/${number} [log/${number}]`]);
        await toldInTheEnd(`log/${number}`, [`site-relation-joined app/${number} [app/${number}]`]);
      }
    };

    it('meet the unit they are beside, and no other', async () => {
      await allMet();
      assert.deepEqual((await world.unit('log/0')).status.relations, {
        [`site:${relation}`]: { state: 'up', services: ['app'] },
      });
    });

    it('come with a unit that is added later', async () => {
      await addUnits(world.coordinator, 'app', 1, requester.requestedAt);
      await toldInTheEnd('app/2', ['web-relation-joined log/2 [log/2]']);
      await toldInTheEnd('log/2', ['site-relation-joined app/2 [app/2]']);
      assert.equal(
        (await world.unit('log/2')).unit.principal,
        'app/2',
        'the agent keeps what it was made with',
      );
    });

    it('go with the unit they are beside, and nothing of them is left in the relation', async () => {
      await allMet();
      await requestRemoval(world.coordinator, ['app/1'], requester);
      await eventually(
        async () => assert.deepEqual(await unitsOfService(world.coordinator, 'log'), ['log/0']),
        60_000,
      );
      await eventually(async () =>
        assert.deepEqual(await world.coordinator.children(paths.relation(relation)), ['app-0']),
      );
      assert.deepEqual((await told('log/1')).slice(1), [
        'site-relation-departed app/1 []',
        'site-relation-broken  []',
      ]);
    });

    it('go with the relation, which their principals outlive', async () => {
      await allMet();
      await removeRelation(world.coordinator, relation, requester);
      await eventually(
        async () => assert.deepEqual(await unitsOfService(world.coordinator, 'log'), []),
        60_000,
      );
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.relation(relation)), undefined),
      );
      assert.deepEqual((await told('app/0')).slice(1), [
        'web-relation-departed log/0 []',
        'web-relation-broken  []',
      ]);
      assert.equal((await world.unit('app/0')).status.state, 'started');
    });
  });
