import { createServer, type Server } from 'node:net';

async function listen(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return server;
}

type Ports<Count extends number, Found extends number[] = []> = Found['length'] extends Count
  ? Found
  : Ports<Count, [...Found, number]>;

/** As many free TCP ports of 127.0.0.1, all different because they are held together before any is let go. */
export async function freePorts<Count extends number>(count: Count): Promise<Ports<Count>> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as Ports<Count>;
}
