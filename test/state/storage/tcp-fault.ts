import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a proxy does to the bytes of one connection. A direction not named is passed on unchanged. */
export interface Fault {
  /** Breaks the connection with a reset after so many bytes from the server. */
  readonly resetAfterReceived?: number;
  /** Breaks the connection with a reset after so many bytes from the client. */
  readonly resetAfterSent?: number;
  /** Closes the connection in order after so many bytes from the server. */
  readonly endAfterReceived?: number;
  /** Passes nothing more on after so many bytes from the server, and keeps the connection. */
  readonly muteAfterReceived?: number;
  /** Inverts the byte at this position of what the client sends. */
  readonly corruptSent?: number;
}

/** A TCP proxy in front of a server, for what only a network does. */
export interface FaultProxy {
  readonly endpoint: string;
  /** How many connections came. */
  connections(): number;
  /** What happens to each connection from now on, by its number from 0; nothing by default. */
  set(fault: (connection: number) => Fault): void;
  /** Breaks every connection that stands with a reset. */
  disconnect(): void;
  close(): Promise<void>;
}

export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port');
  return address.port;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let count = 0;
  let faultOf: (connection: number) => Fault = () => ({});
  const server = createServer((client) => {
    const fault = faultOf(count);
    count += 1;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      // The other half is ended by `close`; which error it was is what the test looks at elsewhere.
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroySoon());
    passSent(client, upstream, fault);
    passReceived(client, upstream, fault);
  });
  const listening = await listen(server);
  return {
    endpoint: `http://127.0.0.1:${listening}`,
    connections: () => count,
    set: (fault) => {
      faultOf = fault;
      count = 0;
    },
    disconnect: () => {
      for (const socket of open) socket.resetAndDestroy();
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passSent(client: Socket, upstream: Socket, fault: Fault): void {
  let sent = 0;
  client.on('data', (chunk) => {
    const at = (fault.corruptSent ?? Number.NaN) - sent;
    if (at >= 0 && at < chunk.length) chunk.writeUInt8(255 - chunk.readUInt8(at), at);
    sent += chunk.length;
    if (sent > (fault.resetAfterSent ?? Number.POSITIVE_INFINITY)) {
      client.resetAndDestroy();
      return;
    }
    upstream.write(chunk);
  });
}

function passReceived(client: Socket, upstream: Socket, fault: Fault): void {
  let received = 0;
  upstream.on('data', (chunk) => {
    received += chunk.length;
    const after = (limit: number | undefined): boolean => received > (limit ?? Number.POSITIVE_INFINITY);
    if (after(fault.resetAfterReceived)) client.resetAndDestroy();
    else if (after(fault.endAfterReceived)) client.end();
    else if (!after(fault.muteAfterReceived)) client.write(chunk);
  });
}
