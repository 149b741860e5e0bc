import assert from 'node:assert/strict';
import { addUnits } from '../../../control/deploy/add-units.js';
import { destroyService } from '../../../control/remove/destroy-service.js';
import { forcedOut } from '../../../state/model/tombstones.js';
import { forceUnitsOut } from '../../../control/remove/force-out.js';
import { removeLostMachines } from '../../../control/remove/remove-machines.js';
import { MachineInUse, UnitHasAgent } from '../../../state/model/errors.js';
import { paths } from '../../../state/model/paths.js';
import { UnitIsSubordinate } from '../../../state/model/relation-errors.js';
import { requireUnit } from '../../../state/model/units.js';
import { addRelatable, join, relate } from '../../state/model/relation-tree.js';
import { addMachine, allPaths, now, requester, useTree } from '../../state/model/tree.js';

describe('removal by force', () => {
  const tree = useTree();
  beforeEach(async () => {
    await addMachine(tree.one, 'm0');
    await addMachine(tree.one, 'm1', false);
    await addRelatable(tree.one, 'app', { provides: { web: 'http' } });
    await addRelatable(tree.one, 'log', {
      subordinate: true,
      requires: { host: { interface: 'http', scope: 'container' } },
    });
    await addRelatable(tree.one, 'balancer', { requires: { site: 'http' } });
  });

  /** `app/0` and `log/0` beside it on the lost machine, related also to `balancer/0` on the other one. */
  async function hosted(): Promise<{ readonly inside: string; readonly outside: string }> {
    await addUnits(tree.one, 'app', 1, now, 'm1');
    await addUnits(tree.one, 'balancer', 1, now, 'm0');
    const inside = (await relate(tree.one, 'log', 'app')).number;
    const outside = (await relate(tree.one, 'balancer', 'app')).number;
    for (const unit of ['app/0', 'log/0']) await join(tree.one, paths.meeting(inside, 'app/0'), unit);
    for (const unit of ['app/0', 'balancer/0']) await join(tree.one, paths.meeting(outside), unit);
    return { inside, outside };
  }

  it('of a machine leaves nothing of its units, but the units of others and who removed them', async () => {
    const before = await allPaths(tree.one);
    const { inside, outside } = await hosted();
    const { units: gone } = await removeLostMachines(tree.one, ['m1'], requester);
    assert.deepEqual([...gone].sort(), ['app/0', 'log/0']);
    const left = (await allPaths(tree.one)).filter(
      (path) => !before.includes(path) && !path.startsWith('/history/'),
    );
    assert.deepEqual(
      left,
      [
        paths.relation(inside),
        paths.relation(outside),
        paths.members(paths.meeting(outside)),
        paths.allSettings(paths.meeting(outside)),
        paths.settings(paths.meeting(outside), 'balancer/0'),
        paths.serviceRelation('app', inside),
        paths.serviceRelation('app', outside),
        paths.serviceRelation('balancer', outside),
        paths.serviceUnit('balancer', 'balancer/0'),
        paths.serviceRelation('log', inside),
        paths.unit('balancer/0'),
        paths.life('balancer/0', (await requireUnit(tree.one, 'balancer/0')).value.incarnation ?? ''),
        paths.status('balancer/0'),
        paths.machineUnit('m0', 'balancer/0'),
        paths.tombstone('app/0'),
        paths.tombstone('log/0'),
      ].sort(),
    );
    for (const unit of gone) assert.deepEqual(await forcedOut(tree.one, unit), requester);
    assert.equal(await forcedOut(tree.one, 'balancer/0'), undefined);
    assert.deepEqual((await removeLostMachines(tree.one, [], requester)).units, []);
  });

  it('of a unit takes those beside it with it, but not one of them alone', async () => {
    await hosted();
    await assert.rejects(forceUnitsOut(tree.one, ['log/0'], requester), UnitIsSubordinate);
    assert.deepEqual(await forceUnitsOut(tree.one, ['app/0'], requester), ['app/0', 'log/0']);
    for (const unit of ['app/0', 'log/0'])
      assert.deepEqual(await forcedOut(tree.one, unit), { ...requester, isRemoval: true });
    assert.deepEqual(await tree.one.children(paths.machineUnits('m1')), []);
  });

  it('removes a service with its last unit where that is being destroyed, and the relations that only waited', async () => {
    const { inside, outside } = await hosted();
    await destroyService(tree.one, 'app', requester);
    await forceUnitsOut(tree.one, ['app/0'], requester);
    assert.equal(await tree.one.get(paths.relation(inside)), undefined);
    await tree.one.remove(paths.settings(paths.meeting(outside), 'balancer/0'));
    assert.ok(await tree.one.get(paths.relation(outside)), 'the balancer has still to leave it');
    assert.ok(await tree.one.get(paths.service('app')));
  });

  it('is refused, whole, where one of the agents is up', async () => {
    await hosted();
    const before = await allPaths(tree.one);
    await assert.rejects(forceUnitsOut(tree.one, ['app/0', 'balancer/0'], requester), UnitHasAgent);
    await assert.rejects(removeLostMachines(tree.one, ['m1', 'm0'], requester), MachineInUse);
    assert.deepEqual(await allPaths(tree.one), before);
  });
});
