import { execFile } from 'node:child_process';
import { readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { World } from '../agent/world.js';
import { hang, objectOf, putPipeInPlaceOf } from '../servers/hung-directory.js';
import type { DeedRow } from './deed.js';
import { ends, said } from './outside-row.js';
import type { EngineName } from './row.js';

const run = promisify(execFile);

const newest = (world: World): Promise<string> => objectOf(world.path('storage'), world.path('f-2.tar.gz'));

/** It is half a minute until a storage is taken to hang. */
const hangs = (engine: EngineName): DeedRow =>
  ends(engine, 'upgrade', 'the stored bundle hangs', 'fetching', async ({ world, agent, ask }) => {
    const release = await hang(await newest(world));
    try {
      await agent();
      await ask();
      await said(world, /storage.*has not answered for 30 seconds/, 44_000);
    } finally {
      await release();
    }
  });

const pipe: DeedRow['deed'] = async ({ world, agent, ask }) => {
  const object = await newest(world);
  await putPipeInPlaceOf(object);
  await agent();
  await ask();
  await said(world, /is no object: a named pipe stands there/, 10_000);
  await rm(object);
  await rename(`${object}.whole`, object);
};

/** The cases whose fault is in a directory storage. */
export const storageRows: readonly DeedRow[] = [
  ends('embedded', 'upgrade', 'the storage is gone', 'fetching', async ({ world, agent, ask }) => {
    await rename(world.path('storage'), world.path('away'));
    await agent();
    await ask();
    await said(world, /storage|object/);
    await rm(world.path('storage'), { recursive: true, force: true, maxRetries: 10 });
    await rename(world.path('away'), world.path('storage'));
  }),
  ends('embedded', 'upgrade', 'the stored bundle is gone', 'fetching', async ({ world, agent, ask }) => {
    const object = await newest(world);
    await rename(object, world.path('away'));
    await agent();
    await ask();
    await said(world, /object|bundle/);
    await rename(world.path('away'), object);
  }),
  ...(
    [
      ['the stored bundle is cut short', (object: string) => truncate(object, 100)],
      ['the stored bundle is empty', (object: string) => truncate(object, 0)],
      [
        'the stored bundle has wrong bytes',
        async (object: string) => writeFile(object, Buffer.alloc((await readFile(object)).length, 7)),
      ],
      [
        'one byte of the stored bundle is another',
        async (object: string) => {
          const bytes = await readFile(object);
          bytes[200] = (bytes[200] ?? 0) ^ 1;
          await writeFile(object, bytes);
        },
      ],
    ] as const
  ).map(([fault, damage]) =>
    ends('embedded', 'upgrade', fault, 'fetching', async ({ world, agent, ask }) => {
      const object = await newest(world);
      const sound = await readFile(object);
      await run('chmod', ['u+w', object]);
      await damage(object);
      await agent();
      await ask();
      await said(world, /damaged|differs|sha256|bytes/);
      await writeFile(object, sound);
    }),
  ),
  ends('embedded', 'upgrade', 'a pipe stands in the place of the stored bundle', 'fetching', pipe),
  hangs('embedded'),
  hangs('zookeeper'),
];
