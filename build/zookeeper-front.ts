import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Coordinator, Node, Operation } from '../state/coordination/coordinator.js';
import { Frames } from '../state/coordination/zookeeper/frames.js';
import { OP, XID } from '../state/coordination/zookeeper/protocol.js';
import { NO_NODE } from '../state/coordination/zookeeper/refusals.js';

/** A ZooKeeper server to whoever connects. */
export interface ZookeeperFront {
  readonly url: string;
  /** Takes no more connections. */
  close(): void;
}

/** By ZooKeeper's number of it. */
const EVENT = { removed: 2, node: 3, names: 4 } as const;

/** Watches what is at a path, or the names under it. */
type Watch = (what: 'node' | 'names', path: string) => Promise<void>;

/**
 * Speaks ZooKeeper's protocol (zookeeper.jute) in front of another engine, as much of it as a command needs with which
 * nothing goes wrong: for a build, which has no server, but runs the command as its users on ZooKeeper do.
 */
export async function zookeeperFront(coordinator: Coordinator): Promise<ZookeeperFront> {
  const server = createServer((socket) => serve(socket, coordinator)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `zookeeper://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

function serve(socket: Socket, coordinator: Coordinator): void {
  const send = (...parts: readonly Buffer[]): void => {
    const frame = Buffer.concat(parts);
    socket.write(Buffer.concat([int(frame.length), frame]));
  };
  const ends: (() => void)[] = [];
  const notify = (type: number, path: string): void =>
    send(int(XID.notification), long(-1n), int(0), int(type), int(0), text(path));
  /**
   * Resolves when it is known what is there: what becomes of that is told, of a node itself only once. Names are watched
   * as long as the connection lasts.
   */
  const watch: Watch = (what, path) =>
    new Promise((known) => {
      let isChange = false;
      const look = (found: unknown): void => {
        known();
        if (isChange) notify(what === 'node' && found === undefined ? EVENT.removed : EVENT[what], path);
        if (isChange && what === 'node') observation.close();
        isChange = true;
      };
      const observation =
        what === 'names' ? coordinator.observeChildren(path, look) : coordinator.observe(path, look);
      ends.push(() => observation.close());
    });
  // Answers come in the order of their requests.
  let answered = Promise.resolve();
  let connected = false;
  const frames = new Frames((frame) => {
    const asked = new Reader(frame, 4);
    if (!connected) {
      connected = true;
      const [session, password] = [long(1n), Buffer.alloc(16)];
      return send(int(0), int(10_000), session, int(password.length), password, Buffer.alloc(1));
    }
    const [xid, type] = [asked.int(), asked.int()];
    answered = answered
      .then(async () => {
        const answer = await answerTo(type, asked, coordinator, watch);
        send(int(xid), long(1n), int(answer === undefined ? NO_NODE : 0), answer ?? Buffer.alloc(0));
        if (type === OP.closeSession) socket.end();
      })
      .catch((error: Error) => {
        process.stderr.write(`${error.message}\n`);
        socket.destroy();
      });
  });
  socket.on('data', (piece) => frames.push(piece));
  socket.on('close', () => {
    for (const end of ends) end();
  });
}

/** @returns undefined where there is no such node */
async function answerTo(
  type: number,
  asked: Reader,
  coordinator: Coordinator,
  watch: Watch,
): Promise<Buffer | undefined> {
  switch (type) {
    case OP.get: {
      const path = asked.text();
      if (asked.flag()) await watch('node', path);
      const node = await coordinator.get(path);
      return node && Buffer.concat([text(node.value), statOf(node)]);
    }
    // Asked for with a watch, where a node is awaited.
    case OP.exists: {
      const path = asked.text();
      await watch('node', path);
      const node = await coordinator.get(path);
      return node && statOf(node);
    }
    case OP.children: {
      const names = await coordinator.children(asked.text());
      return names && Buffer.concat([vector(names), statOf()]);
    }
    case OP.create: {
      const { path, value } = asked.operation(type) as { readonly path: string; readonly value: string };
      await coordinator.create(path, value);
      return text(path);
    }
    case OP.readMany: {
      const answers: Buffer[] = [];
      for (const each of asked.operations()) {
        const path = asked.text();
        asked.skip(1);
        if (each === OP.names) {
          const names = await coordinator.children(path);
          answers.push(...(names === undefined ? refused : [header(each), vector(names)]));
        } else {
          const node = await coordinator.get(path);
          answers.push(...(node === undefined ? refused : [header(each), text(node.value), statOf(node)]));
        }
      }
      return Buffer.concat([...answers, endOfOperations]);
    }
    case OP.transaction: {
      const operations = Array.from(asked.operations(), (each) => asked.operation(each));
      await coordinator.transaction(operations);
      const answers = operations.map(({ kind, path }) => {
        const result = { create: [text(path)], set: [statOf()], check: [], remove: [] }[kind];
        return Buffer.concat([header(OP[kind]), ...result]);
      });
      return Buffer.concat([...answers, endOfOperations]);
    }
    case OP.leaveWatches: {
      asked.skip(8);
      const lists = Array.from({ length: 5 }, () => Array.from({ length: asked.int() }, () => asked.text()));
      const [nodes = [], , , names = []] = lists;
      await Promise.all([
        ...nodes.map((path) => watch('node', path)),
        ...names.map((path) => watch('names', path)),
      ]);
      return Buffer.alloc(0);
    }
    case OP.removeWatches:
    case OP.ping:
    case OP.closeSession:
      return Buffer.alloc(0);
    default:
      throw new Error(`a request of type ${type}, which nothing was made of so far`);
  }
}

/** What a request says, read in its order. */
class Reader {
  constructor(
    private readonly bytes: Buffer,
    private at: number,
  ) {}

  skip(bytes: number): void {
    this.at += bytes;
  }

  flag(): boolean {
    this.at += 1;
    return this.bytes[this.at - 1] === 1;
  }

  int(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  text(): string {
    const length = Math.max(0, this.int());
    this.at += length;
    return this.bytes.toString('utf8', this.at - length, this.at);
  }

  /** The types of a request's operations; what each is about is read before the next one is asked for. */
  *operations(): Generator<number> {
    for (;;) {
      const type = this.int();
      const isLast = this.flag();
      this.skip(4);
      if (isLast) return;
      yield type;
    }
  }

  operation(type: number): Operation {
    const path = this.text();
    if (type === OP.create) {
      const value = this.text();
      for (let acls = this.int(); acls > 0; acls -= 1) {
        this.skip(4);
        this.text();
        this.text();
      }
      this.skip(4);
      return { kind: 'create', path, value };
    }
    const kind = type === OP.set ? 'set' : type === OP.check ? 'check' : 'remove';
    const value = kind === 'set' ? this.text() : '';
    const version = this.int();
    const checked = version === -1 ? {} : { version };
    return kind === 'set' ? { kind, path, value, ...checked } : { kind, path, ...checked };
  }
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int(Buffer.byteLength(value)), Buffer.from(value)]);
}

function vector(values: readonly string[]): Buffer {
  return Buffer.concat([int(values.length), ...values.map(text)]);
}

/** Of a node's stat what the command looks at: when it was changed, its version, and its owner. */
function statOf(node?: Node): Buffer {
  const bytes = Buffer.alloc(68);
  if (node === undefined) return bytes;
  bytes.writeBigInt64BE(BigInt(node.version) + 1n, 8);
  bytes.writeInt32BE(node.version, 32);
  bytes.writeBigInt64BE(node.ephemeral ? 2n : 0n, 44);
  return bytes;
}

/** Before the result of an operation: its type, and that it is not the end. */
function header(type: number): Buffer {
  return Buffer.concat([int(type), Buffer.alloc(1), int(0)]);
}

const refused = [header(-1), int(NO_NODE)];

const endOfOperations = Buffer.concat([int(-1), Buffer.of(1), int(-1)]);
