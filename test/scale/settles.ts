import assert from 'node:assert/strict';
import { World } from '../agent/world.js';
import { Ring } from './ring.js';

/** Milliseconds that each phase took, for the report of a slow run. */
export type Phases = Readonly<Record<'starting' | 'relating' | 'telling' | 'restarting', number>>;

/**
 * As many units as relations on one agent: they start, are related, learn of each other and of a change that comes
 * after it, and are as they were when the agent is started anew. Throws where one of them is left out.
 * @param within milliseconds that each phase may take
 */
export async function settles(size: number, within: number): Promise<Phases> {
  const world = await World.open();
  try {
    const ring = new Ring(world, size);
    const formula = await ring.publish(1);
    const agent = await world.agent();
    const starting = await timed(async () => {
      await ring.deploy(formula);
      const end = performance.now() + within;
      for (let at = 0; at < size; at += 1) {
        await world.untilOn(formula, ring.unit(at));
        assert.ok(performance.now() < end, `${at} of ${size} units started in time`);
      }
    });
    const relating = await timed(async () => {
      await ring.relateAll();
      await ring.allHear('here', within);
      await ring.allUp(within);
    });
    const telling = await timed(async () => {
      await Promise.all(Array.from({ length: size }, (_, at) => ring.setPlace(at, 'there')));
      await ring.allHear('there', within);
    });
    const runs = async (): Promise<number> =>
      (await Promise.all(Array.from({ length: size }, (_, at) => world.trace(ring.unit(at))))).flat().length;
    const before = await runs();
    await agent.stop();
    const restarting = await timed(async () => {
      await world.agent();
      await ring.setPlace(0, 'elsewhere');
      await ring.hears(size - 1, 'elsewhere', within);
    });
    await ring.allUp(within);
    assert.equal(await runs(), before + 2, 'only the two hooks of the change ran after the restart');
    return { starting, relating, telling, restarting };
  } finally {
    await world.close();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}
