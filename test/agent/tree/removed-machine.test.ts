import assert from 'node:assert/strict';
import { registerAgent } from '../../../agent/tree/presence.js';
import { systemClock } from '../../../state/platform/clock.js';
import { readMachines } from '../../../state/model/machines.js';
import { paths } from '../../../state/model/paths.js';
import { eventually } from '../../eventually.js';
import { claimMemory, identityOf, TreeFixture } from './tree-fixture.js';

describe('a machine that was removed under its agent, as by operators who took it for lost', () => {
  it('is registered again with its presence', async () => {
    const tree = await TreeFixture.open();
    const parts = { clock: systemClock, random: Math.random, log: tree.log };
    const options = { ...parts, memory: claimMemory(), start: () => 'ensemble-agent' };
    const registration = await registerAgent(tree.coordinator(), identityOf('m0'), options);
    const children = await tree.real.children(paths.machine('m0'));
    const nodes = (children ?? []).map((child) => `${paths.machine('m0')}/${child}`);
    await tree.real.transaction([...nodes, paths.machine('m0')].map((path) => ({ kind: 'remove', path })));
    await eventually(async () => {
      const [machine] = await readMachines(tree.real);
      assert.deepEqual([machine?.name, machine?.agent?.pid, machine?.units], ['m0', process.pid, []]);
    }, 60_000);
    assert.deepEqual(await tree.real.children(paths.machineUnits('m0')), []);
    registration.close();
    await tree.close();
  });
});
