import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { Stage } from '../remedies/stage.js';

const DIRECTORY = '--machine m0 --data-dir @/machines/m0';

/** The message that asked for one of --accept-state and --take-over led to the one that asks for the other. */
describe('an agent that needs --accept-state and --take-over', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await Stage.open();
  });
  afterEach(() => stage.close());

  const line = (more: string): string =>
    `timeout 30 ensemble-agent -e world ${more.replaceAll('@', stage.world.root)}`;

  /** A unit in a data directory, and a state that is set up anew, where another agent has the machine, with a unit. */
  async function overtaken(): Promise<void> {
    const { world } = stage;
    await stage.unit();
    await world.stopAgents();
    await stage.ok('ensemble destroy-environment --yes');
    await stage.ok('ensemble bootstrap');
    const other = await world.agent({ dataDirectory: world.path('other') });
    await world.publish(1);
    await world.deploy('world:f-1', 1, 'g');
    await world.untilOn('world:f-1', 'g/0');
    await other.stop();
    assert.ok(await world.coordinator.get(paths.machine('m0')));
  }

  for (const given of ['', ' --take-over'])
    it(`is told both${given === '' ? '' : ', and keeps what it was given'}, and does both in one go`, async () => {
      await overtaken();
      const said = await stage.fails(line(DIRECTORY + given), /belongs to environment/);
      if (given === '') assert.match(said, /takes machine m0 for good from the agent in \S+other on/);
      const both =
        given === ''
          ? /ensemble-agent .* --accept-state --take-over/
          : /ensemble-agent .* --take-over --accept-state/;
      await stage.start(said, both);
      const m0 = JSON.parse(await stage.ok('ensemble machines --format json')).machines.m0;
      assert.deepEqual([m0.agent, m0.owner.dataDirectory], ['up', stage.world.path('machines', 'm0')]);
    });

  it('is asked for one where that is enough', async () => {
    await stage.unit();
    await stage.world.stopAgents();
    await stage.ok('ensemble destroy-environment --yes');
    await stage.ok('ensemble bootstrap');
    const said = await stage.fails(line(DIRECTORY), /belongs to environment/);
    assert.doesNotMatch(said, /--take-over/);
    await stage.start(said, /ensemble-agent .* --accept-state/);
  });
});
