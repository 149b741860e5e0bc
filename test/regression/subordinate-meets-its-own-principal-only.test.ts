import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { openJournal } from '../../agent/journal/journal.js';
import { newRelationRecord } from '../../agent/journal/relation-record.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { nodeOfUnit, paths } from '../../state/model/paths.js';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { createService, unitsOfService } from '../../state/model/services.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a subordinate of two services', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const app = await world.publish(1, {});
    const mon = await world.publish(2, {
      hooks: Object.fromEntries(
        ['joined', 'departed', 'broken'].map((event) => [
          `host-relation-${event}`,
          'echo "$ENSEMBLE_HOOK $ENSEMBLE_REMOTE_UNIT $(relation-ids | tr "\\n" " ")$(unit-relations | wc -l)" >>"$trace.told"',
        ]),
      ),
      files: {
        'metadata.yaml':
          'name: f\nrevision: 2\nsubordinate: true\nrequires: {host: {interface: ensemble-info, scope: container}}\n',
      },
    });
    for (const service of ['web', 'db']) await world.deploy(app, 1, service);
    const repository = { name: 'world', path: world.path('world') };
    await createService(world.coordinator, 'mon', { formula: mon, repository }, {});
    for (const service of ['web', 'db']) {
      const names = [parseEndpointName('mon'), parseEndpointName(service)] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
    }
  });
  afterEach(() => world.close());

  const told = async (unit: string): Promise<readonly string[]> => {
    const text = await readFile(world.path('trace', `${nodeOfUnit(unit)}.told`), 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  };
  const toldInTheEnd = (unit: string, lines: readonly string[]): Promise<void> =>
    eventually(async () => assert.deepEqual(await told(unit), lines), 60_000);
  const bothMet = async (): Promise<void> => {
    await toldInTheEnd('mon/0', ['host-relation-joined web/0 host:0 2']);
    await toldInTheEnd('mon/1', ['host-relation-joined db/0 host:1 2']);
  };

  it('is in the relation with the unit it is beside, and hears nothing of the other', async () => {
    await world.agent();
    await bothMet();
    assert.deepEqual((await world.unit('mon/0')).status.relations, {
      'host:0': { state: 'up', services: ['web'] },
    });
    assert.deepEqual(await world.coordinator.children(paths.relation('1')), ['db-0']);
    await removeRelation(world.coordinator, '1', requester);
    await eventually(
      async () => assert.deepEqual(await unitsOfService(world.coordinator, 'mon'), ['mon/0']),
      60_000,
    );
    assert.equal(await world.coordinator.get(paths.relation('1')), undefined);
    assert.deepEqual(await told('mon/0'), ['host-relation-joined web/0 host:0 2']);
    assert.deepEqual(
      (await told('mon/1')).map((line) => line.split(' ', 1)[0]),
      ['host-relation-joined', 'host-relation-departed', 'host-relation-broken'],
    );
  });

  it('leaves without a word what an agent of release 0.1.0 had it join', async () => {
    const agent = await world.agentProcess();
    await bothMet();
    await agent.kill();
    const journal = openJournal(world.path('machines', 'm0', 'journal'));
    const record = journal.load().units.find(({ unit }) => unit === 'mon/0');
    assert.ok(record);
    const meeting = paths.meeting('1', 'web/0');
    await journal.write(
      record,
      newRelationRecord({
        unit: 'mon/0',
        relation: '1',
        identifier: 'host:1',
        name: 'host',
        role: 'requires',
        interface: 'ensemble-info',
        remoteService: 'db',
        meeting,
      }),
    );
    await journal.close();
    await world.coordinator.transaction(
      [meeting, paths.members(meeting), paths.allSettings(meeting), paths.settings(meeting, 'mon/0')].map(
        (path) => ({ kind: 'create', path, value: '{}' }),
      ),
    );
    await world.agentProcess();
    await eventually(
      async () => assert.deepEqual(await world.coordinator.children(paths.relation('1')), ['db-0']),
      60_000,
    );
    await eventually(
      async () =>
        assert.deepEqual(Object.keys((await world.unit('mon/0')).status.relations ?? {}), ['host:0']),
      60_000,
    );
    assert.deepEqual(await told('mon/0'), ['host-relation-joined web/0 host:0 2']);
  });
});
