import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { countFrame, noRequests, type Requests } from './requests.js';

/** The traffic between clients and a ZooKeeper server. */
export interface Traffic extends Requests {
  bytesToServer: number;
  bytesToClients: number;
  /** Bytes of the largest frame of the server. */
  largestAnswer: number;
}

/** Stands between clients and a ZooKeeper server, passes everything on and counts it. */
export class Counter {
  #traffic: Traffic = { ...noRequests(), bytesToServer: 0, bytesToClients: 0, largestAnswer: 0 };
  readonly #listener: Server;
  readonly #target: number;

  private constructor(listener: Server, target: number) {
    this.#listener = listener;
    this.#target = target;
    listener.on('connection', (client) => {
      const server = connect(this.#target, '127.0.0.1');
      const asked = new Frames((frame) => countFrame(frame, this.#traffic));
      const answered = new Frames((frame) => {
        this.#traffic.largestAnswer = Math.max(this.#traffic.largestAnswer, frame.length);
      });
      client.on('data', (bytes) => {
        this.#traffic.bytesToServer += bytes.length;
        asked.push(bytes);
      });
      server.on('data', (bytes) => {
        this.#traffic.bytesToClients += bytes.length;
        answered.push(bytes);
      });
      client.pipe(server).pipe(client);
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        socket.setNoDelay(true);
        socket.on('error', () => undefined);
        socket.on('close', () => other.destroy());
      }
    });
  }

  /** @param target the server's port */
  static async open(target: number): Promise<Counter> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    listener.unref();
    return new Counter(listener, target);
  }

  /** `host:port`, as URLs take it. */
  get address(): string {
    return `127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** The counts since the last time. */
  take(): Traffic {
    const counted = this.#traffic;
    this.#traffic = { ...noRequests(), bytesToServer: 0, bytesToClients: 0, largestAnswer: 0 };
    return counted;
  }
}

/** Frames as ZooKeeper's protocol has them: four bytes of length, then the rest. */
class Frames {
  #chunks: Buffer[] = [];
  #size = 0;
  readonly #whole: (frame: Buffer) => void;

  constructor(whole: (frame: Buffer) => void) {
    this.#whole = whole;
  }

  push(bytes: Buffer): void {
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    while (this.#size >= 4) {
      const [first] = this.#chunks;
      if (first === undefined || first.length < 4) this.#chunks = [Buffer.concat(this.#chunks)];
      const length = 4 + (this.#chunks[0]?.readInt32BE(0) ?? 0);
      if (this.#size < length) return;
      // Joined only once a whole frame is there: a large one comes in very many pieces.
      const all = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
      if (all === undefined) return;
      this.#whole(all.subarray(0, length));
      this.#chunks = [all.subarray(length)];
      this.#size -= length;
    }
  }
}
