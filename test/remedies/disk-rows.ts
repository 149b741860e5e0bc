import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { eventually } from '../eventually.js';
import { cannotMount, onDisk } from './mounting.js';
import type { Row } from './stage.js';

const one = 'world:f-1';
const MEGABYTE = 2 ** 20;

/** A machine whose disk has 3 MB left, a formula that takes more, and what its unit's status says until there is room. */
const onFullDisk = (code: string, payload: Buffer, message: RegExp, advice: RegExp): Row => ({
  code,
  by: 'room on that disk: the agent goes on by itself',
  needs: cannotMount,
  run: async (stage) => {
    const { world } = stage;
    const directory = world.path('machines', 'm0');
    await mkdir(directory, { recursive: true });
    const formula = await world.writeFormula(1);
    await writeFile(`${formula}/payload`, payload);
    await stage.ok('ensemble deploy -n 0 --repository world f');
    await onDisk(stage, directory, 40, async () => {
      const agent = await world.agentProcess();
      try {
        await writeFile(`${directory}/filler`, Buffer.alloc(36 * MEGABYTE));
        await stage.ok('ensemble add-unit --no-wait f');
        const said = await eventually(async () => {
          const { status } = await world.unit();
          assert.match(status.message, message);
          return `${status.message} ${status.next}`;
        });
        stage.named(said, advice);
        await rm(`${directory}/filler`);
        await world.untilOn(one);
      } finally {
        await agent.kill();
      }
    });
  },
});

/** A machine's disk that is full; each row has one of its own, which only root may mount. */
export const diskRows: readonly Row[] = [
  onFullDisk(
    'download-disk-full',
    randomBytes(6 * MEGABYTE),
    /cache\/\S+ was not downloaded: the disk is full/,
    /make room on that disk/,
  ),
  onFullDisk(
    'extraction-failed',
    Buffer.alloc(8 * MEGABYTE),
    /cannot be extracted into \S+: the disk is full/,
    /make room on the disk of \S+/,
  ),
];
