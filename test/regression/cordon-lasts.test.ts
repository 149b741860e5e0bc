import assert from 'node:assert/strict';
import { cordonMachine, uncordonMachine } from '../../control/cordon.js';
import { removeMachines } from '../../control/remove/remove-machines.js';
import { readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a cordon of a machine', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const cordon = { since: requester.requestedAt, by: 'ops@there', reason: 'disks' };
  const standing = async () => (await readMachines(world.coordinator))[0]?.machine.cordoned;

  it('outlasts what its agents write, restarts, a kill, a take-over and a new registration', async () => {
    const first = await world.agent();
    await cordonMachine(world.coordinator, 'm0', cordon);
    // Each start describes the machine, and tells of its disk and its address.
    await first.stop();
    await (await world.agent()).stop();
    assert.deepEqual(await standing(), cordon);
    const process = await world.agentProcess();
    await process.kill();
    await (await world.agentProcess()).kill('SIGTERM');
    assert.deepEqual(await standing(), cordon);
    const other = await world.agent({ dataDirectory: world.path('other'), takeOver: true });
    assert.deepEqual(await standing(), cordon);
    assert.equal(
      (await readMachines(world.coordinator))[0]?.machine.owner?.dataDirectory,
      world.path('other'),
    );
    // Its claim goes, as where somebody meddles: the agent takes the machine again.
    const claims = async () =>
      ((await world.coordinator.children(paths.machine('m0'))) ?? []).filter((name) =>
        name.startsWith('claim-'),
      );
    const [claim = ''] = await claims();
    await world.coordinator.remove(`${paths.machine('m0')}/${claim}`);
    await eventually(async () => assert.notDeepEqual(await claims(), [claim]));
    await eventually(async () => assert.equal((await claims()).length, 1));
    assert.deepEqual(await standing(), cordon);
    await other.stop();
  });

  it('leaves alone what is there, which is upgraded; its agent takes up what waited once it ends', async () => {
    const one = await world.publish(1);
    const agent = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    await cordonMachine(world.coordinator, 'm0', cordon);
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
    await world.deploy(one, 1, 'late');
    assert.deepEqual(await world.coordinator.children(paths.unplaced), ['late-0']);
    await uncordonMachine(world.coordinator, 'm0');
    await world.untilOn(one, 'late/0');
    await agent.stop();
  });

  it('goes with the machine', async () => {
    const agent = await world.agent();
    await cordonMachine(world.coordinator, 'm0', cordon);
    await agent.stop();
    await world.coordinator.remove(paths.agent('m0'));
    await removeMachines(world.coordinator, ['m0']);
    await world.agent();
    assert.equal(await standing(), undefined);
  });
});
