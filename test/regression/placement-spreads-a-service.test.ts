import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { openLog } from '../../agent/contract/log.js';
import { placeUnplaced } from '../../agent/tree/placement.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { cordonMachine, uncordonMachine } from '../../control/cordon.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { readMachines } from '../../state/model/machines.js';
import { paths, serviceOfUnit, unitOfNode } from '../../state/model/paths.js';
import { placeWaiting } from '../../state/model/placement.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { eventually } from '../eventually.js';
import { chooseSeed } from '../random.js';
import { addMachine, addService, now } from '../state/model/tree.js';
import { addRelatable, relate } from '../state/model/relation-tree.js';

interface Scene {
  readonly machines: number;
  readonly cordoned: number;
  /** Units of each service that wait before any machine is there, and units that are added while they are placed. */
  readonly services: readonly { readonly waiting: number; readonly added: readonly number[] }[];
  readonly placers: number;
}

const scenes: fc.Arbitrary<Scene> = fc.record({
  machines: fc.integer({ min: 1, max: 5 }),
  cordoned: fc.integer({ min: 0, max: 2 }),
  services: fc.array(
    fc.record({
      waiting: fc.integer({ min: 0, max: 5 }),
      added: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  placers: fc.integer({ min: 1, max: 4 }),
});

/** A coordinator that lets something else be done before its first transaction. */
function beforeItsFirstTransaction(coordinator: Coordinator, act: () => Promise<void>): Coordinator {
  let acted = false;
  return new Proxy(coordinator, {
    get(target, key) {
      if (key === 'transaction')
        return async (operations: readonly Operation[]) => {
          if (!acted) {
            acted = true;
            await act();
          }
          return target.transaction(operations);
        };
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the units of one service are spread over the machines', function () {
  this.timeout(120_000);
  let directory: string;
  let sessions: Coordinator[];
  const session = async (): Promise<Coordinator> => {
    const coordinator = await openCoordinator(`embedded:${directory}`);
    sessions.push(coordinator);
    return coordinator;
  };
  const begin = async (): Promise<Coordinator> => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-spread-'));
    sessions = [];
    const coordinator = await session();
    await bootstrapTree(coordinator);
    return coordinator;
  };
  const end = async (): Promise<void> => {
    await Promise.all(sessions.map((each) => each.close()));
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  };

  /** How many units of a service are on each of the machines that may take some. */
  async function counts(coordinator: Coordinator, service: string): Promise<readonly number[]> {
    const machines = await readMachines(coordinator);
    for (const { name, machine, units } of machines)
      if (machine.cordoned !== undefined) assert.deepEqual(units, [], `${name} is cordoned`);
    return machines
      .filter(({ machine }) => machine.cordoned === undefined)
      .map(({ units }) => units.filter((unit) => serviceOfUnit(unit) === service).length);
  }

  const waiting = async (coordinator: Coordinator): Promise<readonly string[]> =>
    ((await coordinator.children(paths.unplaced)) ?? []).map(unitOfNode);

  it('whoever places them at once, and whatever ends in between', async () => {
    const seed = chooseSeed();
    await fc.assert(
      fc.asyncProperty(scenes, async ({ machines, cordoned, services, placers }) => {
        const one = await begin();
        try {
          for (const [index, service] of services.entries()) {
            await addService(one, `s${index}x`);
            if (service.waiting > 0) await addUnits(one, `s${index}x`, service.waiting, now);
          }
          for (let index = 0; index < machines + cordoned; index += 1) await addMachine(one, `m${index}`);
          for (let index = machines; index < machines + cordoned; index += 1)
            await cordonMachine(one, `m${index}`, { since: now, by: 'ops@test' });
          const names = await waiting(one);
          const others = await Promise.all(Array.from({ length: placers }, session));
          const ends = others.map(async (each, index) => {
            const done = placeWaiting(each, names, []);
            // All but one of them may go away at any moment.
            if (index > 0) await each.close();
            await done.catch((error: unknown) => {
              if (index === 0) throw error;
            });
          });
          const adding = services.flatMap(({ added }, index) =>
            added.map((count) => addUnits(one, `s${index}x`, count, now)),
          );
          await Promise.all([...ends, ...adding]);
          assert.deepEqual(await waiting(one), []);
          for (const index of services.keys()) {
            const of = await counts(one, `s${index}x`);
            assert.ok(Math.max(...of) - Math.min(...of) <= 1, `s${index}x: ${of.join(' ')}`);
          }
        } finally {
          await end();
        }
      }),
      { seed, numRuns: 12 },
    );
  });

  it('where another unit of it is placed between the choice of a machine and its writing', async () => {
    const one = await begin();
    try {
      await addService(one, 'web');
      await addUnits(one, 'web', 1, now);
      await addMachine(one, 'm0');
      await addMachine(one, 'm1');
      const two = await session();
      const late = beforeItsFirstTransaction(await session(), async () => {
        await addUnits(two, 'web', 1, now);
      });
      await placeWaiting(late, ['web/0'], []);
      assert.deepEqual(await counts(one, 'web'), [1, 1]);
      // And the other way round: one that is cordoned in between is not taken.
      const later = beforeItsFirstTransaction(await session(), async () => {
        await cordonMachine(two, 'm0', { since: now, by: 'ops@test' });
      });
      await addService(one, 'x');
      await addUnits(later, 'x', 1, now);
      assert.deepEqual(
        (await readMachines(one)).map(({ units }) => units),
        [['web/1'], ['web/0', 'x/0']],
      );
    } finally {
      await end();
    }
  });

  it('without counting subordinates, which go where their principals are', async () => {
    const one = await begin();
    try {
      await addMachine(one, 'm0');
      await addRelatable(one, 'web', { provides: { site: 'http' } });
      const host = { interface: 'ensemble-info', scope: 'container' };
      await addRelatable(one, 'log', { subordinate: true, requires: { host } });
      await addUnits(one, 'web', 1, now);
      await relate(one, 'log:host', 'web');
      await addMachine(one, 'm1');
      await addService(one, 'x');
      await addUnits(one, 'x', 1, now, 'm1');
      // One unit on each machine, and a subordinate on m0.
      await addService(one, 'y');
      await addUnits(one, 'y', 1, now);
      const machines = await readMachines(one);
      assert.deepEqual(
        machines.map(({ name, units }) => [name, units]),
        [
          ['m0', ['log/0', 'web/0', 'y/0']],
          ['m1', ['x/0']],
        ],
      );
      // A new unit of the principal brings its own, which no cordon of another machine keeps from it.
      await cordonMachine(one, 'm0', { since: now, by: 'ops@test' });
      await addUnits(one, 'web', 1, now);
      const [, second] = await readMachines(one);
      assert.deepEqual(second?.units, ['log/1', 'web/1', 'x/0']);
    } finally {
      await end();
    }
  });

  it('of a machine that is uncordoned, whose agent then places those that wait', async () => {
    const one = await begin();
    const agent = await session();
    const said: string[] = [];
    const log = openLog((line) => said.push(line), 'human', systemClock.now, false);
    const placing = placeUnplaced(agent, { machine: 'm0', clock: systemClock, random: Math.random, log });
    try {
      await addMachine(one, 'm0');
      await cordonMachine(one, 'm0', { since: now, by: 'ops@test' });
      await addService(one, 'web');
      await addUnits(one, 'web', 1, now);
      assert.deepEqual(await waiting(one), ['web/0']);
      await uncordonMachine(one, 'm0');
      await eventually(async () => assert.deepEqual(await waiting(one), []));
      assert.deepEqual(said, []);
    } finally {
      placing.close();
      await end();
    }
  });
});
