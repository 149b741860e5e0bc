import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';
import { ONE } from '../faults/life.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { StoreDirectory } from '../state/coordination/embedded/directory.js';

describe('an agent that stood still until its session was ended', () => {
  let server: ZookeeperServer;
  before(async function () {
    this.timeout(120_000);
    server = await startZookeeper();
  });
  after(() => server.stop());

  const engines: Readonly<Record<string, () => Promise<World>>> = {
    embedded: () => World.open(),
    zookeeper: () => World.open({ state: `zookeeper://${server.address}/stalled` }),
  };

  for (const [engine, open] of Object.entries(engines)) {
    it(`tells its own units of no departure, as none of them was gone (${engine})`, async () => {
      const world = await open();
      try {
        await world.publish(1, tracingFormula(world, 1, {}));
        const agent = await world.agentProcess();
        await world.deploy(ONE, 1, 'f', 'm0');
        await world.deploy(ONE, 1, 'g', 'm0');
        const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
        await addRelation(world.coordinator, names, requester.requestedAt);
        const ends = async (): Promise<readonly string[]> =>
          [...(await world.trace('f/0')), ...(await world.trace('g/0'))].filter((line) =>
            /^end .*-relation-/.test(line),
          );
        const met = [
          'db-relation-joined',
          'db-relation-changed',
          'site-relation-joined',
          'site-relation-changed',
        ];
        await eventually(async () => assert.deepEqual((await ends()).length, met.length));
        await agent.suspend();
        await world.endSession();
        process.kill(agent.pid, 'SIGCONT');
        await agent.logged('a new one stands');
        // A change that comes after: what was queued before it would have run by then.
        await world.deploy(ONE, 1, 'h', 'm0');
        await world.untilOn(ONE, 'h/0');
        assert.equal((await ends()).length, met.length, (await ends()).join());
      } finally {
        await world.close();
      }
    });
  }

  it('sees all its ephemerals at every moment, and none of them vanish (embedded)', async () => {
    const directory = await StoreDirectory.make();
    try {
      const owner = await directory.open();
      for (const name of ['one', 'two']) await owner.create(`/${name}`, name, { ephemeral: true });
      const seen: unknown[] = [];
      owner.observe('/one', (node) => seen.push(node?.value));
      owner.observeChildren('/', (names) => seen.push(names?.join()));
      await eventually(() => assert.equal(seen.length, 2));
      const thief = await directory.open({ session: owner.savedSession() });
      await thief.close();
      assert.deepEqual(await owner.children('/'), ['one', 'two'], 'a read puts them back first');
      await owner.create('/three', '');
      await eventually(() => assert.equal(seen.at(-1), 'one,three,two'));
      assert.deepEqual([...new Set(seen)], ['one', 'one,two', 'one,three,two']);
    } finally {
      await directory.remove();
    }
  });
});
