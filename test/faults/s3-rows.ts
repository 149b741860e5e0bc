import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Spoil } from '../servers/tcp-proxy.js';
import type { DeedRow, Scene } from './deed.js';
import { ends, said } from './outside-row.js';
import type { S3Scene } from './s3-storage.js';
import { stages } from './stages.js';

/** What the agent says of a storage that is in trouble. */
const TROUBLE = /storage|object|bundle|damaged|differs|sha256|bytes/;
/** Bytes of a bundle that are let through before it breaks off. */
const SOME = 64;

/** Where a gzip file begins in what the server sent: behind the head of an answer, or at once. */
function bundleIn(bytes: Buffer): number | undefined {
  const at = bytes.indexOf(Buffer.from([0x1f, 0x8b, 0x08]));
  return at < 0 ? undefined : at;
}

const breakOff: Spoil = (bytes, client) => {
  const at = bundleIn(bytes);
  if (at === undefined) client.write(bytes);
  else client.end(bytes.subarray(0, at + SOME));
};

const reset: Spoil = (bytes, client) => {
  const at = bundleIn(bytes);
  if (at === undefined) client.write(bytes);
  else client.write(bytes.subarray(0, at + SOME), () => client.resetAndDestroy());
};

const falsify: Spoil = (bytes, client) => {
  const at = bundleIn(bytes);
  const passed = Buffer.from(bytes);
  if (at !== undefined) passed[at + SOME] = (passed[at + SOME] ?? 0) ^ 1;
  client.write(passed);
};

/** Twenty bytes every ten milliseconds. */
function trickle(): Spoil {
  let sent = Promise.resolve();
  return (bytes, client) => {
    sent = sent.then(async () => {
      for (let at = 0; at < bytes.length && !client.destroyed; at += 20) {
        client.write(bytes.subarray(at, at + 20));
        await pause(10);
      }
    });
  };
}

const spoilt =
  (spoil: Spoil) =>
  ({ proxy }: S3Scene): (() => void) => {
    proxy.spoil(spoil);
    return () => proxy.spoil(undefined);
  };

/** What is stored instead of the bundle, until it is put back. */
const stored =
  (change: (bundle: Buffer) => Buffer | undefined) =>
  async ({ put, remove }: S3Scene, bundle: Buffer): Promise<() => Promise<void>> => {
    const other = change(bundle);
    await (other === undefined ? remove() : put(other));
    return () => put(bundle);
  };

type End = () => Promise<void> | void;

/** What happens to the storage before anybody asks, and what mends it once the unit has said so. */
const faults: Readonly<Record<string, (storage: S3Scene, bundle: Buffer) => Promise<End> | End>> = {
  'the storage (S3) is gone': async ({ proxy }) => {
    await proxy.refuse();
    return () => proxy.listen();
  },
  'the storage (S3) is mute': ({ proxy }) => {
    proxy.mute();
    return () => proxy.unmute();
  },
  'a download (S3) breaks off': spoilt(breakOff),
  'a download (S3) is reset': spoilt(reset),
  'a download (S3) has a wrong byte': spoilt(falsify),
  'the stored bundle (S3) is gone': stored(() => undefined),
  'the stored bundle (S3) is cut short': stored((bundle) => bundle.subarray(0, 100)),
  'the stored bundle (S3) has wrong bytes': stored((bundle) => Buffer.alloc(bundle.length, 7)),
};

function storageOf({ storage }: Scene): S3Scene {
  if (storage === undefined) throw new Error('the row needs a storage');
  return storage;
}

/** The cases whose fault is in a real S3 server, or on the way to it. */
export const s3Rows: readonly DeedRow[] = (['install', 'upgrade'] as const).flatMap((stage) => [
  ...Object.entries(faults).map(([fault, happen]) =>
    ends(
      'embedded',
      stage,
      fault,
      stage === 'install' ? 'installing' : 'fetching',
      async (scene) => {
        const { world, agent, ask } = scene;
        const bundle = await readFile(world.path(`f-${stages[stage].after.at(-1)}.tar.gz`));
        await agent();
        const mend = await happen(storageOf(scene), bundle);
        await ask();
        await said(world, TROUBLE);
        await mend();
      },
      { storage: 's3' },
    ),
  ),
  ends(
    'embedded',
    stage,
    'the storage (S3) is slow',
    stage === 'install' ? 'installing' : 'fetching',
    async (scene) => {
      storageOf(scene).proxy.spoil(trickle());
      await scene.agent();
      await scene.ask();
    },
    { storage: 's3' },
  ),
]);
