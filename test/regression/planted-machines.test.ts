import assert from 'node:assert/strict';
import type { Problem } from '../../state/model/entity.js';
import { removeMachines } from '../../control/remove/remove-machines.js';
import { readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { World } from '../agent/world.js';

const presence = { pid: 1, version: '0.1.0', since: '2026-01-01T00:00:00Z', agentId: 'nobody' };

describe('in an environment without a secret, where anybody can write', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** A machine that nobody runs: with a value, and a presence that stays. */
  async function plant(machine: string, value: string, agent?: unknown): Promise<void> {
    const { coordinator } = world;
    await coordinator.create(paths.machine(machine), value);
    if (agent === undefined) return;
    await coordinator.create(paths.machineUnits(machine), '{}');
    await coordinator.create(paths.agent(machine), JSON.stringify(agent));
  }

  it('machines that were planted stop no placement, get no unit, are named, and can be removed', async () => {
    await plant('a', 'garbage', presence);
    await plant('b', '{"hostname":"b"}', presence);
    await plant('c', '{"hostname":"c"}');
    await world.agent();
    const units = await world.deploy(await world.publish(1), 2);
    for (const unit of units) assert.equal((await world.until('started', unit)).unit.machine, 'm0');
    const problems: Problem[] = [];
    const machines = await readMachines(world.coordinator, problems);
    assert.deepEqual(
      machines.map(({ name, agent }) => [name, agent !== undefined]),
      [
        ['a', false],
        ['b', false],
        ['c', false],
        ['m0', true],
      ],
    );
    assert.deepEqual(
      new Set(problems.map(({ path }) => path)),
      new Set([paths.machine('a'), paths.agent('a'), paths.agent('b'), paths.machineUnits('c')]),
    );
    await removeMachines(world.coordinator, ['a', 'b', 'c']);
    assert.deepEqual(
      (await readMachines(world.coordinator)).map(({ name }) => name),
      ['m0'],
    );
  });

  for (const [what, value, agent] of [
    ['of another agent', '{"hostname":"m0"}', presence],
    ['that nobody can read', '{"hostname":"m0"}', 'garbage'],
    ['of a machine that nobody can read', 'garbage', presence],
  ] as const) {
    it(`a lasting presence ${what} keeps no agent out, which names it`, async () => {
      await plant('m0', value, agent);
      await world.agent();
      const [machine] = await readMachines(world.coordinator);
      assert.equal(machine?.agent?.pid, process.pid);
      assert.equal(machine?.isDamaged, undefined);
      const told = world.log.filter(({ level }) => level === 'warning').map(({ message }) => message);
      assert.ok(
        told.some((message) => message.startsWith(paths.agent('m0'))),
        told.join('\n'),
      );
      await world.deploy(await world.publish(1));
      await world.until('started');
    });
  }

  it('an owner that was planted is named, and an operator’s word gets past it', async () => {
    await world.coordinator.create(
      paths.machine('m0'),
      JSON.stringify({
        hostname: 'x',
        owner: {
          agentId: 'nobody',
          hostname: 'nowhere',
          dataDirectory: '/nowhere',
          since: '2026-01-01T00:00:00Z',
          claim: '0123456789ab',
        },
      }),
    );
    await world.coordinator.create(paths.machineUnits('m0'), '{}');
    await world.deploy(await world.publish(1), 1, 'f', 'm0');
    await assert.rejects(world.agent(), { code: 'machine-owned', dataDirectory: '/nowhere' });
    await world.agent({ takeOver: true });
    await world.until('started');
  });
});
