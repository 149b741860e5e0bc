import assert from 'node:assert/strict';
import { send } from '../../examples/demo/traffic.js';
import { eventually } from '../eventually.js';
import { embedded, servers } from './engines.js';
import { lostNothing, more, NotesSystem, servedBy } from './notes-system.js';

for (const engines of [embedded, servers()]) {
  describe(`a balancer, notes and a store under traffic, on ${engines.name}`, function () {
    this.timeout(120_000);
    let system: NotesSystem;

    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      system = await NotesSystem.open(engines);
    });
    afterEach(() => system.close());

    it('grows, is upgraded, and shrinks, and no request is lost', async () => {
      const agent = await system.world.agentProcess();
      await system.deployAll();
      const flow = await system.flowing();

      await system.operator.does('add-unit', '-n', '2', 'notes');
      await servedBy(flow, 'notes/0', 'notes/1', 'notes/2');
      lostNothing(flow);

      assert.match((await send(system.url)).text, /revision 1/);
      await system.operator.does('upgrade-formula', 'notes');
      await more(flow);
      lostNothing(flow);
      await servedBy(flow, 'notes/0', 'notes/1', 'notes/2');
      for (const unit of Object.values(await system.units('notes')))
        assert.deepEqual(
          [unit.formula, unit.state, unit.message],
          ['principia:notes-2', 'started', 'serves the notes'],
        );
      assert.match((await send(system.url)).text, /revision 2/);

      await system.operator.does('remove-unit', 'notes/0');
      await servedBy(flow, 'notes/1', 'notes/2');
      lostNothing(flow);
      await flow.stop();
      const { text } = await send(system.url);
      for (const [name, written] of flow.written)
        assert.match(text, new RegExp(`^ {2}${name}, .*: ${written}$`, 'm'), 'what was confirmed is there');

      await system.operator.does('remove-relation', 'notes', 'balancer');
      await eventually(async () =>
        assert.equal(
          (await system.units('balancer'))['balancer/0']?.message,
          'knows no unit to pass requests on to',
        ),
      );
      for (const service of ['balancer', 'notes', 'store'])
        await system.operator.does('destroy-service', service);
      await eventually(async () => {
        const { services } = JSON.parse(await system.operator.status());
        assert.deepEqual(services, {});
      }, 60_000);
      assert.equal(await agent.kill('SIGTERM'), 0);
      assert.deepEqual(system.daemons(), [], 'no process is left');
    });

    it('goes on while its agent is stopped, killed and started', async () => {
      const agent = await system.world.agentProcess();
      await system.deployAll();
      const flow = await system.flowing();
      assert.equal(await agent.kill('SIGTERM'), 0);
      await more(flow);
      const second = await system.world.agentProcess();
      await more(flow);
      await second.kill();
      await more(flow);
      await system.world.agentProcess();
      await more(flow);
      lostNothing(flow);
      await system.operator.does('add-unit', 'notes');
      await servedBy(flow, 'notes/0', 'notes/1');
      lostNothing(flow);
    });

    it('goes on when its agent is killed in the middle of the upgrade', async () => {
      const agent = await system.world.agentProcess();
      await system.deployAll();
      await system.operator.does('add-unit', 'notes');
      const flow = await system.flowing();
      await system.operator.does('upgrade-formula', '--no-wait', 'notes');
      await agent.logged('hook upgrade-formula runs');
      await agent.kill();
      await system.world.agentProcess();
      for (const unit of ['notes/0', 'notes/1']) await system.world.untilOn('principia:notes-2', unit);
      await servedBy(flow, 'notes/0', 'notes/1');
      lostNothing(flow);
    });

    it('goes on when the store is started anew elsewhere, which all its users are told', async () => {
      await system.world.agentProcess();
      await system.deployAll();
      const flow = await system.flowing();
      const { port } = new URL(system.url);
      await system.operator.does('set', 'store', `base-port=${Number(port) + 8}`);
      await eventually(async () =>
        assert.ok((await system.operator.does('status')).includes(`${Number(port) + 8}/tcp`)),
      );
      await more(flow);
      lostNothing(flow);
    });
  });
}
