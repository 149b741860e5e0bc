import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { openJournal } from '../../agent/journal/journal.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { requestCommand } from '../../control/run/request-command.js';
import { commandRequestSchema } from '../../state/model/commands.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';

/** Something is done for what was wanted a moment ago, and there is nothing to do for it any more. */
describe('a unit that finds nothing left of what was wanted', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('keeps its agent alive where an event is merged away while the hook before it is cleared up', async () => {
    const one = await world.publish(1, tracingFormula(world, 1, { 'db-relation-changed': 'gate hook' }));
    // Merging an event away takes a second to be journalled, and so does clearing up after the hook.
    const agent = await world.agentProcess('m0', {
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'started.journal.before=delay:always,db-relation-changed.forget.before=delay',
      },
    });
    await world.deploy(one);
    // Whose units are the test's own doing.
    for (const service of ['g', 'h']) await world.deploy(one, 0, service);
    await world.untilOn(one);
    for (const other of ['h', 'g']) {
      const names = [parseEndpointName('f:db'), parseEndpointName(`${other}:site`)] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
    }
    const member = (relation: string, unit: string): string => paths.member(paths.meeting(relation), unit);
    const arrive = async (relation: string, unit: string): Promise<void> => {
      await eventually(() => world.coordinator.create(paths.settings(paths.meeting(relation), unit), '{}'));
      await world.coordinator.create(member(relation, unit), '{}');
    };
    await arrive('1', 'g/0');
    await eventually(async () =>
      assert.ok((await world.trace()).some((line) => line.startsWith('begin db-relation-changed'))),
    );
    await arrive('0', 'h/0');
    await eventually(async () => {
      const journal = openJournal(world.path('machines/m0/journal'));
      const known = journal.load().relations.find(({ relation }) => relation === '0');
      await journal.close();
      assert.equal(known?.queue.events.length, 1);
    });
    await world.openGate('hook');
    const passed = (point: string): Promise<void> =>
      eventually(async () => {
        const points = (await readFile(world.path('faults', 'passed'), 'utf8')).split('\n');
        assert.ok(points.includes(point));
      });
    await passed('db-relation-changed.forget.before');
    await world.coordinator.remove(member('0', 'h/0'));
    await passed('db-relation-changed.forget.after');
    await setConfigValues(world.coordinator, 'f', { title: 'other' });
    await eventually(async () => assert.match((await world.trace()).at(-1) ?? '', /^end config-changed/));
    assert.equal(await agent.kill('SIGTERM'), 0);
  });

  it('keeps its agent alive where a command comes before there is a formula', async () => {
    await world.publish(1);
    const agent = await world.agentProcess('m0', {
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'installing.fetch.before=throw',
      },
    });
    await world.deploy('world:f-1');
    await world.until('install-error');
    for (let time = 0; time < 2; time += 1) {
      const id = await requestCommand(world.coordinator, 'f/0', { command: ['true'] }, requester);
      await eventually(async () => {
        const found = await readEntity(world.coordinator, paths.command('f/0', id), commandRequestSchema);
        assert.equal(found?.value.result?.outcome, 'not-started');
      });
    }
    assert.equal(await agent.kill('SIGTERM'), 0);
  });
});
