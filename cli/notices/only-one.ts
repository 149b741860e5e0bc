import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { type Clock, pause } from '../../state/platform/clock.js';

/** Milliseconds between two tries. */
const TRY_EVERY = 500;

/** Lets go of what was held. */
export type Release = () => void;

/**
 * Waits until no other process of this machine holds the same name. The kernel holds it for a process, as a socket without
 * a file, and lets go when that process ends, however that comes.
 * @param name of any kind, such as a file's path
 */
export async function holdAlone(name: string, clock: Clock): Promise<Release> {
  const key = createHash('sha256').update(name).digest('hex').slice(0, 32);
  for (;;) {
    const release = await hold(`\0ensemble-notices-${process.getuid?.() ?? 0}-${key}`);
    if (release !== undefined) return release;
    await pause(clock, TRY_EVERY);
  }
}

function hold(address: string): Promise<Release | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      server.unref();
      resolve(() => server.close());
    });
  });
}
