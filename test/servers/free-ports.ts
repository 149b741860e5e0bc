import { createServer, type Server } from 'node:net';

/**
 * Where ports are looked for: below those that the system gives to clients (from 32768), one of which could otherwise
 * have the port by the time its server is up.
 */
const FIRST = 10_000;
const LAST = 32_000;

/** How many ports are tried for one that is free. */
const TRIES = 100;

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Listens at a port by chance: tests that run at the same time in other processes do not choose the same. */
async function listenSomewhere(tries = TRIES): Promise<Server> {
  const port = FIRST + Math.trunc(Math.random() * (LAST - FIRST));
  try {
    return await listen(port);
  } catch (error) {
    if (tries > 1) return listenSomewhere(tries - 1);
    throw error;
  }
}

type Ports<Count extends number, Found extends number[] = []> = Found['length'] extends Count
  ? Found
  : Ports<Count, [...Found, number]>;

/** As many free TCP ports of 127.0.0.1, all different because they are held together before any is let go. */
export async function freePorts<Count extends number>(count: Count): Promise<Ports<Count>> {
  const servers = await Promise.all(Array.from({ length: count }, () => listenSomewhere()));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as Ports<Count>;
}
