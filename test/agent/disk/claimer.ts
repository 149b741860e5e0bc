import { createInterface } from 'node:readline';
import { claimDataDirectory } from '../../../agent/disk/data-directory.js';

/** Claims each directory it is told of, `AT DIRECTORY`, at that moment of the machine's clock; keeps what it gets. */
const release: (() => Promise<void>)[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const [at, directory = ''] = line.split(' ');
  // Awake by then, so that all begin in the same instant.
  while (Number(at) > Date.now());
  try {
    release.push((await claimDataDirectory(directory, 'm0')).release);
    process.stdout.write('claimed\n');
  } catch (error) {
    process.stdout.write(`${error instanceof Error && 'code' in error ? error.code : error}\n`);
  }
}
