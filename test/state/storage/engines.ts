import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../state/platform/clock.js';
import { openDirectory } from '../../../state/storage/directory.js';
import { openStorage } from '../../../state/storage/open.js';
import type { Storage } from '../../../state/storage/storage.js';
import { startSwift } from '../../servers/swift.js';
import { withAwsEnvironment } from './aws-environment.js';

/** One engine as the suite of rules needs it. */
export interface Engine {
  /** A storage of its own for one test, empty. */
  open(): Promise<Storage>;
  /** The same storage again, with nothing at its place: for the rules about what was never set up. */
  openNowhere(): Promise<Storage>;
  /** Identity and time of everything stored anywhere, to see that an object was not written again. */
  fingerprint(): Promise<string>;
  stop(): Promise<void>;
}

export interface EngineKind {
  readonly name: string;
  start(): Promise<Engine>;
}

/** 1, 2, 3 … */
function counter(): () => number {
  let last = 0;
  return () => {
    last += 1;
    return last;
  };
}

async function fingerprint(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && !/\.(lock|db.*|pending|pkl|invalid)$/.test(entry.name),
  );
  const lines = files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const { ino, mtimeMs, size } = await stat(file);
    return `${file} ${ino} ${mtimeMs} ${size}`;
  });
  return (await Promise.all(lines)).sort().join('\n');
}

export const directoryEngine: EngineKind = {
  name: 'directory',
  async start() {
    const root = await mkdtemp(path.join(tmpdir(), 'ensemble-storage-'));
    const next = counter();
    return {
      open: async () => openDirectory(`file:${root}/${next()}`, systemClock, 10_000),
      openNowhere: async () => openDirectory(`file:${root}/nowhere`, systemClock, 10_000),
      fingerprint: () => fingerprint(root),
      stop: () => rm(root, { recursive: true, force: true, maxRetries: 10 }),
    };
  },
};

export const s3Engine: EngineKind = {
  name: 's3',
  async start() {
    const swift = await startSwift();
    const restore = withAwsEnvironment(swift);
    await swift.createBucket('formulas');
    const next = counter();
    return {
      open: () => openStorage(swift.url('formulas', `test/${next()}`)),
      openNowhere: () => openStorage(swift.url('nowhere')),
      fingerprint: () => fingerprint(swift.devices),
      stop: async () => {
        restore();
        await swift.stop();
      },
    };
  },
};
