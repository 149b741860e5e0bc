import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/**
 * The first of `count` free TCP ports in a row, from `from` on. Another program may take one before the services do;
 * then they do not start and say so.
 * @throws Error when there is no such row
 */
export async function freePortsInARow(count: number, from: number): Promise<number> {
  for (let base = from; base < 65_000; base += 100) {
    const ports = Array.from({ length: count }, (_, index) => base + index);
    if (await arePortsFree(ports)) return base;
  }
  throw new Error(`there are no ${count} free ports in a row`);
}

/** Whether nobody listens on any of these TCP ports of this machine's loopback. */
export async function arePortsFree(ports: readonly number[]): Promise<boolean> {
  return (await Promise.all(ports.map(isFree))).every(Boolean);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
