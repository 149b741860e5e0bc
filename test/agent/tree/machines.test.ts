import assert from 'node:assert/strict';
import type { Identity } from '../../../agent/tree/identity.js';
import { placeUnplaced } from '../../../agent/tree/placement.js';
import { registerAgent } from '../../../agent/tree/presence.js';
import { systemClock } from '../../../state/platform/clock.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { OutcomeUnknown } from '../../../state/coordination/errors.js';
import { readMachines } from '../../../state/model/machines.js';
import { paths } from '../../../state/model/paths.js';
import { readUnitState } from '../../../control/status/snapshot.js';
import { eventually } from '../../eventually.js';
import { claimMemory, identityOf as identity, TreeFixture } from './tree-fixture.js';

describe('machines in the tree', () => {
  let tree: TreeFixture;
  let ends: { close(): void }[];
  beforeEach(async () => {
    tree = await TreeFixture.open();
    ends = [];
  });
  afterEach(async () => {
    for (const end of ends) end.close();
    await tree.close();
  });

  const placing = () => ({ machine: 'm0', ...parts() });
  const parts = () => ({ clock: systemClock, random: Math.random, log: tree.log });
  async function register(of: Identity, coordinator: Coordinator = tree.coordinator()): Promise<void> {
    const options = { ...parts(), memory: claimMemory(), start: () => 'ensemble-agent' };
    ends.push(await registerAgent(coordinator, of, options));
  }

  it('an agent registers its machine and is present', async () => {
    await register(identity('m0'));
    const [machine] = await readMachines(tree.real);
    assert.deepEqual(
      [machine?.name, machine?.machine.hostname, machine?.agent?.pid],
      ['m0', 'here', process.pid],
    );
  });

  it("another agent's machine is refused, with who holds it", async () => {
    await register(identity('m0'));
    await assert.rejects(register(identity('m0', 'another')), {
      code: 'machine-taken',
      machine: 'm0',
      pid: process.pid,
      hostname: 'here',
    });
  });

  it('the presence that an agent of the same data directory left behind is replaced', async () => {
    await register(identity('m0'));
    ends.pop()?.close();
    await register(identity('m0'));
    assert.equal((await readMachines(tree.real)).length, 1);
  });

  it('a registration whose answer is lost is made good', async () => {
    tree.faults.push({ error: new OutcomeUnknown({ path: '/machines/m0' }), applied: true });
    await register(identity('m0'));
    tree.faults.push({ error: new OutcomeUnknown({ path: '/machines/m1' }), applied: false });
    await register(identity('m1'));
    assert.deepEqual(
      (await readMachines(tree.real)).map(({ name, agent }) => [name, agent !== undefined]),
      [
        ['m0', true],
        ['m1', true],
      ],
    );
  });

  it('a presence that vanishes is put back, also when that fails at first', async () => {
    await register(identity('m0'));
    tree.faults.push({ error: new OutcomeUnknown({ path: paths.agent('m0') }), applied: false });
    await tree.real.remove(paths.agent('m0'));
    await eventually(async () => assert.ok(await tree.real.get(paths.agent('m0'))));
  });

  it('units without a machine are spread over those whose agents are up, once each', async () => {
    await tree.units(7);
    await register(identity('m0'));
    await register(identity('m1'));
    // Both agents place them at the same time.
    ends.push(placeUnplaced(tree.coordinator(), placing()), placeUnplaced(tree.coordinator(), placing()));
    await eventually(async () => assert.deepEqual(await tree.real.children(paths.unplaced), []));
    const machines = await readMachines(tree.real);
    assert.equal(machines.flatMap(({ units }) => units).length, 7);
    for (const { name, units } of machines)
      for (const unit of units) assert.equal((await readUnitState(tree.real, unit))?.unit.machine, name);
    assert.deepEqual(tree.logged, []);
  });

  it('a unit that could not be placed is placed later', async () => {
    await tree.units(1);
    await register(identity('m0'));
    for (let time = 0; time < 61; time += 1)
      tree.faults.push({ error: new OutcomeUnknown({ path: paths.unit('f/0') }), applied: false });
    ends.push(placeUnplaced(tree.coordinator(), placing()));
    await eventually(async () => assert.deepEqual(await tree.real.children(paths.unplaced), []));
    assert.match(tree.logged.join(), /could not be placed/);
  });
});
