import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { removeRelation } from '../../control/remove/remove-relation.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { requester, World } from '../agent/world.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { type Counted, countingOpen } from './counting-coordinator.js';
import { Ring } from './ring.js';

/** Units that have nothing to do with what is changed. */
const FEW = 6;
const MANY = 36;

type Work = Readonly<Record<'reads' | 'writes', number>>;

/** Waits until the agent has asked nothing of its coordinator for a while. */
async function quiet(counted: Counted): Promise<void> {
  let seen = '';
  for (let same = 0; same < 25; same += 1) {
    const now = JSON.stringify(counted);
    if (now !== seen) same = 0;
    seen = now;
    await pause(20);
  }
}

/** What a change comes to; the agent must be quiet before it, and is afterwards. */
async function workOf(counted: Counted, change: () => Promise<void>): Promise<Work> {
  const { reads, writes } = counted;
  await change();
  await quiet(counted);
  return { reads: counted.reads - reads, writes: counted.writes - writes };
}

/** Things that happen to s0, whose only neighbours are s1 and the last one. */
const changes: Readonly<Record<string, (ring: Ring) => Promise<void>>> = {
  'an option is set, and told to the neighbour': async (ring) => {
    await ring.setPlace(0, 'there');
    await ring.hears(ring.size - 1, 'there');
  },
  'a unit is added': async ({ world }) => {
    await addUnits(world.coordinator, 's0', 1, requester.requestedAt);
    await eventually(async () => {
      const { status } = await world.unit('s0/1');
      assert.equal(Object.keys(status.relations ?? {}).length, 2);
    });
  },
  'a unit is upgraded': async (ring) => {
    const two = await ring.publish(2);
    await ring.world.upgrade(two, ['s0/0'], false, 's0');
    await ring.world.untilOn(two, 's0/0');
  },
  'a relation ends, and is made again': async (ring) => {
    const ended = async (): Promise<void> => {
      const { status } = await ring.world.unit('s0/0');
      assert.equal(Object.keys(status.relations ?? {}).length, 1);
    };
    // The first relation that was made.
    await removeRelation(ring.world.coordinator, '0', requester);
    await eventually(ended);
    await eventually(() => ring.relate(0));
    await eventually(async () => assert.rejects(ended()));
  },
};

for (const engines of [embedded, zookeeper()])
  describe(`what a change costs at the coordinator, on ${engines.name}`, function () {
    before(() => engines.start());
    after(() => engines.stop());
    this.timeout(120_000);

    it('does not grow with the units that it does not concern', async () => {
      const [few, many] = [await workOfEach(FEW), await workOfEach(MANY)];
      for (const name of Object.keys(changes)) {
        const said = `${name}: ${JSON.stringify(few.get(name))} of ${FEW}, ${JSON.stringify(many.get(name))} of ${MANY}`;
        for (const kind of ['reads', 'writes'] as const) {
          const [less, more] = [few.get(name)?.[kind] ?? 0, many.get(name)?.[kind] ?? 0];
          assert.ok(less > 0, said);
          // How many changes are seen as one differs from run to run.
          assert.ok(more <= less * 1.3 + 6, said);
        }
      }
    });

    it('grows with those that it concerns as they do', async () => {
      const [less, more] = [await workOfTelling(4), await workOfTelling(16)];
      const said = `${JSON.stringify(less)} for 4 units, ${JSON.stringify(more)} for 16`;
      assert.ok(more.writes > less.writes, said);
      // Far from 16 times as much. On a busy machine fewer changes are seen as one.
      for (const kind of ['reads', 'writes'] as const) assert.ok(more[kind] <= less[kind] * 4 * 2 + 6, said);
    });

    async function workOfEach(size: number): Promise<ReadonlyMap<string, Work>> {
      const world = await World.open(engines.environment());
      try {
        const counted: Counted = { reads: 0, writes: 0, observing: 0 };
        const ring = new Ring(world, size);
        await ring.deploy(await ring.publish(1));
        await world.agent({ open: countingOpen(counted) });
        await ring.relateAll();
        await ring.allHear('here', 60_000);
        await ring.allUp(60_000);
        const works = new Map<string, Work>();
        await quiet(counted);
        for (const [name, change] of Object.entries(changes))
          works.set(name, await workOf(counted, () => change(ring)));
        return works;
      } finally {
        await world.close();
      }
    }

    /** An option is set of s0, which has `count` units, and each of them tells the one unit of s1. */
    async function workOfTelling(count: number): Promise<Work> {
      const world = await World.open(engines.environment());
      try {
        const counted: Counted = { reads: 0, writes: 0, observing: 0 };
        const ring = new Ring(world, 2);
        await ring.deploy(await ring.publish(1));
        const more = await addUnits(world.coordinator, 's0', count - 1, requester.requestedAt);
        await world.agent({ open: countingOpen(counted) });
        await ring.relate(1);
        const heard = async (place: string): Promise<void> => {
          const words = ['s0/0', ...more].map((unit) => `${unit} ${place}`);
          await eventually(
            () =>
              assert.deepEqual(
                words.filter((each) => !ring.hasHeard(1, each)),
                [],
              ),
            60_000,
          );
        };
        await heard('here');
        await quiet(counted);
        return await workOf(counted, async () => {
          await ring.setPlace(0, 'there');
          await heard('there');
        });
      } finally {
        await world.close();
      }
    }
  });
