import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { nodeOfUnit, paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { readUnitState } from '../../control/status/snapshot.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { type FormulaOptions, requester, World } from './world.js';

const EVENTS = ['joined', 'changed', 'departed', 'broken'];
const metadata = (revision: number): string =>
  `name: f\nrevision: ${revision}\nprovides: {srv: thing}\nrequires: {cli: thing}\n`;

/** A formula whose relation hooks note what they were told: hook, remote unit, members. */
function related(revision: number, bodies: Readonly<Record<string, string>> = {}): FormulaOptions {
  const names = ['srv', 'cli'].flatMap((name) => EVENTS.map((event) => `${name}-relation-${event}`));
  const note =
    'echo "$ENSEMBLE_HOOK $ENSEMBLE_REMOTE_UNIT [$(relation-list | tr "\\n" " " | sed "s/ $//")]" >>"$trace.relations"';
  const hooks = names.map((name) => [name, `${note}\n${bodies[name] ?? ''}`] as const);
  return {
    hooks: { ...bodies, ...Object.fromEntries(hooks) },
    files: { 'metadata.yaml': metadata(revision) },
  };
}

for (const engines of [embedded, zookeeper()])
  describe(`relations of units, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    const told = async (unit: string): Promise<string[]> => {
      const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.relations`), 'utf8').catch(
        () => '',
      );
      return text.split('\n').filter((line) => line !== '');
    };
    const toldInTheEnd = (unit: string, lines: readonly string[]) =>
      eventually(async () => assert.deepEqual(await told(unit), lines));

    /** Relates `web:cli` to `db:srv` and returns the relation's number. */
    async function relate(): Promise<string> {
      const names = [parseEndpointName('web:cli'), parseEndpointName('db:srv')] as const;
      return (await addRelation(world.coordinator, names, requester.requestedAt)).number;
    }

    async function deployBoth(options: FormulaOptions = related(1)): Promise<void> {
      const formula = await world.publish(1, options);
      await world.deploy(formula, 1, 'web');
      await world.deploy(formula, 1, 'db');
    }

    it('each unit is told that the other joined and then changed, with who is there', async () => {
      await deployBoth();
      await world.agent();
      await relate();
      await toldInTheEnd('web/0', ['cli-relation-joined db/0 [db/0]', 'cli-relation-changed db/0 [db/0]']);
      await toldInTheEnd('db/0', ['srv-relation-joined web/0 [web/0]', 'srv-relation-changed web/0 [web/0]']);
      assert.deepEqual((await world.unit('web/0')).status.relations, {
        'cli:0': { state: 'up', services: ['db'] },
      });
    });

    it('what a hook sets reaches the other side as a change, and only what it set', async () => {
      await deployBoth(
        related(1, {
          'srv-relation-joined': 'relation-set port=5432 name=x',
          'cli-relation-changed':
            'echo "got $(relation-get port) $(relation-get private-address | wc -l)" >>"$trace.relations"',
        }),
      );
      await world.agent();
      await relate();
      await eventually(async () => assert.ok((await told('web/0')).at(-1) === 'got 5432 1'));
      const settings = await world.coordinator.get(paths.settings('/relations/0', 'db/0'));
      const { port, name } = JSON.parse(settings?.value ?? '{}');
      assert.deepEqual({ port, name }, { port: '5432', name: 'x' });
    });

    it('a hook that fails sets nothing, and stops its relation alone until it is resolved', async () => {
      await deployBoth(
        related(1, { 'srv-relation-joined': 'relation-set port=1\n[ -e "$TRACE/gate-mended" ] || exit 3' }),
      );
      await world.agent();
      const number = await relate();
      await eventually(async () =>
        assert.equal((await world.unit('db/0')).status.relations?.['srv:0']?.state, 'error'),
      );
      assert.equal((await world.unit('db/0')).status.state, 'started');
      const settings = await world.coordinator.get(paths.settings(`/relations/${number}`, 'db/0'));
      assert.equal(JSON.parse(settings?.value ?? '{}').port, undefined);
      await world.openGate('mended');
      await requestRelationResolved(world.coordinator, 'db/0', 'srv', true, requester);
      await eventually(async () =>
        assert.equal((await world.unit('db/0')).status.relations?.['srv:0']?.state, 'up'),
      );
      await toldInTheEnd('db/0', [
        'srv-relation-joined web/0 [web/0]',
        'srv-relation-joined web/0 [web/0]',
        'srv-relation-changed web/0 [web/0]',
      ]);
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.relationResolved('db/0', number)), undefined),
      );
    });

    it('resolved without a retry takes the failed hook as done', async () => {
      await deployBoth(related(1, { 'srv-relation-joined': 'exit 3' }));
      await world.agent();
      await relate();
      await eventually(async () =>
        assert.equal((await world.unit('db/0')).status.relations?.['srv:0']?.state, 'error'),
      );
      await requestRelationResolved(world.coordinator, 'db/0', 'srv:0', false, requester);
      await toldInTheEnd('db/0', ['srv-relation-joined web/0 [web/0]', 'srv-relation-changed web/0 [web/0]']);
    });

    it('on removal everybody departs before broken, and nothing is left in the tree', async () => {
      await deployBoth();
      await world.agent();
      const number = await relate();
      await eventually(async () => assert.equal((await told('web/0')).length, 2));
      await eventually(async () => assert.equal((await told('db/0')).length, 2));
      await removeRelation(world.coordinator, number, requester);
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.relation(number)), undefined),
      );
      assert.deepEqual((await told('web/0')).slice(2), [
        'cli-relation-departed db/0 []',
        'cli-relation-broken  []',
      ]);
      assert.deepEqual((await told('db/0')).slice(2), [
        'srv-relation-departed web/0 []',
        'srv-relation-broken  []',
      ]);
      assert.deepEqual(await world.coordinator.children(paths.serviceRelations('web')), []);
    });

    it('a unit that is removed leaves in order: departed, broken, stop; the others are told', async () => {
      await deployBoth();
      await world.agent();
      await relate();
      await eventually(async () => assert.equal((await told('db/0')).length, 2));
      await requestRemoval(world.coordinator, ['web/0'], requester);
      await eventually(async () => assert.equal(await readUnitState(world.coordinator, 'web/0'), undefined));
      assert.deepEqual((await world.trace('web/0')).slice(-3), [
        'cli-relation-departed 1',
        'cli-relation-broken 1',
        'stop 1',
      ]);
      await eventually(async () =>
        assert.equal((await told('db/0')).at(-1), 'srv-relation-departed web/0 []'),
      );
    });

    it('a service that is destroyed takes its relations with it', async () => {
      await deployBoth();
      await world.agent();
      const number = await relate();
      await eventually(async () => assert.equal((await told('db/0')).length, 2));
      await destroyService(world.coordinator, 'web', requester);
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.service('web')), undefined),
      );
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.relation(number)), undefined),
      );
      assert.equal((await world.unit('db/0')).status.state, 'started');
      assert.equal((await told('db/0')).at(-1), 'srv-relation-broken  []');
    });

    it('what happened while the agent was down is seen when it returns', async () => {
      await deployBoth();
      const agent = await world.agent();
      await relate();
      await eventually(async () => assert.equal((await told('db/0')).length, 2));
      await agent.stop();
      const path = paths.settings('/relations/0', 'web/0');
      await world.coordinator.set(path, JSON.stringify({ colour: 'blue' }));
      await addUnits(world.coordinator, 'web', 1, requester.requestedAt);
      await world.agent();
      await eventually(async () =>
        assert.deepEqual((await told('db/0')).slice(2).sort(), [
          'srv-relation-changed web/0 [web/0]',
          'srv-relation-changed web/1 [web/0 web/1]',
          'srv-relation-joined web/1 [web/0 web/1]',
        ]),
      );
    });

    it('events queue while the unit is in an error state, and run when it is resolved', async () => {
      await deployBoth({
        ...related(1, { 'config-changed': '[ -e "$TRACE/gate-bad" ] && exit 4 || true' }),
        config: 'options: {mode: {type: string}}\n',
      });
      await world.agent();
      await eventually(async () => assert.equal((await world.unit('db/0')).status.state, 'started'));
      await eventually(async () => assert.equal((await world.unit('web/0')).status.state, 'started'));
      await world.openGate('bad');
      await setConfigValues(world.coordinator, 'db', { mode: 'bad' });
      await eventually(async () => assert.equal((await world.unit('db/0')).status.state, 'config-error'));
      await relate();
      await eventually(async () => assert.equal((await told('web/0')).length, 2));
      assert.deepEqual(await told('db/0'), []);
      assert.equal((await world.unit('db/0')).status.relations?.['srv:0']?.state, 'down');
      await world.closeGate('bad');
      await requestResolved(world.coordinator, 'db/0', false, requester);
      await toldInTheEnd('db/0', ['srv-relation-joined web/0 [web/0]', 'srv-relation-changed web/0 [web/0]']);
    });

    it('events that come during an upgrade are delivered by the new formula, in order', async () => {
      await deployBoth();
      const two = await world.publish(2, {
        ...related(2, { 'upgrade-formula': 'gate upgrade' }),
      });
      await world.agent();
      await eventually(async () => assert.equal((await world.unit('db/0')).status.state, 'started'));
      await eventually(async () => assert.equal((await world.unit('web/0')).status.state, 'started'));
      await world.upgrade(two, ['db/0'], false, 'db');
      await eventually(async () => assert.equal((await world.trace('db/0')).at(-1), 'upgrade-formula 2'));
      await relate();
      await eventually(async () => assert.equal((await told('web/0')).length, 2));
      assert.deepEqual(await told('db/0'), []);
      await world.openGate('upgrade');
      await toldInTheEnd('db/0', ['srv-relation-joined web/0 [web/0]', 'srv-relation-changed web/0 [web/0]']);
      assert.deepEqual((await world.trace('db/0')).slice(-4), [
        'upgrade-formula 2',
        'config-changed 2',
        'srv-relation-joined 2',
        'srv-relation-changed 2',
      ]);
    });
  });
