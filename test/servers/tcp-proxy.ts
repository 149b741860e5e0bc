import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Changes one whole frame (four bytes of length, then the rest) on its way from the server. */
export type Rewrite = (frame: Buffer) => Buffer;

/** Gets each chunk of the server, and sends the client what it likes of it. */
export type Spoil = (bytes: Buffer, client: Socket) => void;

/** Sees each whole frame of a client as it comes; it is passed on when this is over, and those behind it after it. */
export type Hold = (frame: Buffer) => Promise<void> | undefined;

/** A TCP proxy in front of one server of 127.0.0.1, with faults that are switched on and off by tests. */
export class TcpProxy {
  readonly #pairs = new Set<readonly [client: Socket, server: Socket | undefined]>();
  #listener: Server | undefined;
  #port = 0;
  #mute = false;
  #cutAfter: number | undefined;
  #rewrite: Rewrite | undefined;
  #spoil: Spoil | undefined;
  #hold: Hold | undefined;
  /** Connections accepted so far. */
  accepted = 0;
  readonly #target: number;

  constructor(target: number) {
    this.#target = target;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the port it had before if it was refusing. */
  async listen(): Promise<void> {
    this.#listener = createServer((client) => this.#accept(client)).listen(this.#port, '127.0.0.1');
    await once(this.#listener, 'listening');
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Lets `bytes` more bytes of the server through, then cuts that connection; the next one is sound. */
  cutAfter(bytes: number): void {
    this.#cutAfter = bytes;
  }

  /** Accepts and swallows everything, on standing connections and on new ones. */
  mute(): void {
    this.#mute = true;
  }

  /** Ends muteness for new connections; the standing ones, which lost bytes, are cut. */
  unmute(): void {
    this.#mute = false;
    this.drop();
  }

  /** Passes every frame of the server through `rewrite`, or no longer. For connections made from now on. */
  rewrite(rewrite: Rewrite | undefined): void {
    this.#rewrite = rewrite;
  }

  /** Leaves what the server sends to `spoil`, or no longer. */
  spoil(spoil: Spoil | undefined): void {
    this.#spoil = spoil;
  }

  /** Shows every frame of the clients to `hold`, or no longer. For connections made from now on. */
  hold(hold: Hold | undefined): void {
    this.#hold = hold;
  }

  /** Cuts all connections. */
  drop(): void {
    for (const pair of this.#pairs) this.#cut(pair);
  }

  /** Cuts all connections and refuses new ones, until `listen()`. */
  async refuse(): Promise<void> {
    const closed = new Promise((resolve) => this.#listener?.close(resolve));
    this.drop();
    await closed;
  }

  async close(): Promise<void> {
    if (this.#listener?.listening) await this.refuse();
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    const server = this.#mute ? undefined : connect(this.#target, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const frames = new Framing();
    const send = this.#hold === undefined ? (bytes: Buffer) => server?.write(bytes) : this.#holding(server);
    client.on('data', (bytes) => this.#mute || send(bytes));
    server?.on('data', (bytes) => {
      if (this.#mute) return;
      if (this.#spoil !== undefined) return this.#spoil(bytes, client);
      const passed = this.#rewrite === undefined ? bytes : frames.push(bytes, this.#rewrite);
      if (this.#cutAfter === undefined) {
        client.write(passed);
      } else if (passed.length < this.#cutAfter) {
        this.#cutAfter -= passed.length;
        client.write(passed);
      } else {
        const cut = passed.subarray(0, this.#cutAfter);
        this.#cutAfter = undefined;
        client.end(cut);
        server.destroy();
      }
    });
    for (const socket of pair) {
      socket?.setNoDelay(true);
      socket?.on('error', () => {});
      socket?.on('close', () => this.#cut(pair));
    }
  }

  #holding(server: Socket | undefined): (bytes: Buffer) => void {
    const frames = new Framing();
    let passed = Promise.resolve();
    return (bytes) => {
      frames.push(bytes, (frame) => {
        const held = this.#hold?.(frame);
        passed = passed.then(async () => {
          await held;
          server?.write(frame);
        });
        return frame;
      });
    };
  }

  #cut(pair: readonly [Socket, Socket | undefined]): void {
    this.#pairs.delete(pair);
    pair[0].destroySoon();
    pair[1]?.destroy();
  }
}

/** Starts a proxy in front of the server that listens on `target`. */
export async function startProxy(target: number): Promise<TcpProxy> {
  const proxy = new TcpProxy(target);
  await proxy.listen();
  return proxy;
}

class Framing {
  #rest = Buffer.alloc(0);

  push(bytes: Buffer, rewrite: Rewrite): Buffer {
    const whole: Buffer[] = [];
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const length = 4 + this.#rest.readInt32BE(0);
      whole.push(rewrite(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return Buffer.concat(whole);
  }
}
