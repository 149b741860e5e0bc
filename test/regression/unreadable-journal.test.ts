import assert from 'node:assert/strict';
import { readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.js';
import { World } from '../agent/world.js';

describe('a journal whose file is damaged', () => {
  const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
    'was cut short': (file) => truncate(file, 5_000),
    'is something else': async (file) => writeFile(file, Buffer.alloc((await readFile(file)).length, 7)),
    'has pages of something else': async (file) => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(9, 8_192));
    },
  };

  for (const [what, damage] of Object.entries(damages)) {
    it(`as it ${what} keeps the agent from starting, with a word instead of a signal`, async () => {
      const world = await World.open();
      try {
        const one = await world.publish(1);
        const agent = await world.agent();
        await world.deploy(one);
        await world.untilOn(one);
        await agent.stop();
        await damage(world.path('machines/m0/journal/data.mdb'));
        await assert.rejects(world.agent(), { code: 'journal-unreadable' });
        // The way out that it names.
        await rename(world.path('machines/m0/journal'), world.path('aside'));
        await world.agent();
        await eventually(async () => {
          const runs = (await world.trace()).filter((line) => line.startsWith('start '));
          assert.equal(runs.length, 2, 'the unit is set up again');
        });
        await world.untilOn(one);
      } finally {
        await world.close();
      }
    });
  }
});
