import type { Operation } from '../coordinator.js';
import { BODY, type Call, EPHEMERAL, OP, type Stat } from './protocol.js';

/*
 * Requests of many operations, written by hand: the package does not know multiRead and watches that stand, and for a
 * transaction that flags hundreds of units it takes more time than everything else about it.
 */

/** Nodes in one request of readings, at most and at least: answers of small nodes, far below what a server sends at once. */
export const MOST_TOGETHER = 200;
export const WORTH_TOGETHER = 4;

/** `readManyCall` reads this of one node: its value, or the names of its children. */
export interface Asked {
  readonly kind: 'get' | 'names';
  readonly path: string;
}

/** The answer to a read: the error code if there is nothing, e.g. for a node that does not exist. */
export type Read =
  | { readonly err: number }
  | ({ readonly err: 0; readonly value: string } & Stat)
  | { readonly err: 0; readonly names: readonly string[] };

/**
 * Reads many nodes in one request (multiRead, ZooKeeper 3.6 and newer), which spares both sides most of the work: one
 * answer for each that is asked, in their order. It leaves no watches, whatever is asked.
 */
export function readManyCall(asked: readonly Asked[]): Call<readonly Read[]> {
  const bytes = Buffer.alloc(
    asked.reduce((sum, { path }) => sum + MULTI_HEADER + 4 + Buffer.byteLength(path) + 1, 12 + MULTI_HEADER),
  );
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt32BE(OP.readMany, 8);
  let at = 12;
  const header = (type: number, isLast: number): void => {
    bytes.writeInt32BE(type, at);
    bytes.writeUInt8(isLast, at + 4);
    bytes.writeInt32BE(-1, at + 5);
    at += MULTI_HEADER;
  };
  for (const { kind, path } of asked) {
    header(OP[kind], 0);
    const length = bytes.write(path, at + 4);
    bytes.writeInt32BE(length, at);
    // The byte behind it says that no watch is wanted.
    at += 4 + length + 1;
  }
  header(-1, 1);
  return { bytes, decode: (answer) => decodeMany(answer, asked.length) };
}

/** Later than every transaction: what was changed before is of no interest. */
const NO_EARLIER_CHANGES = 0x7fff_ffff_ffff_ffffn;

/** The full paths to watch. Of a node that is not as it is listed, this is told at once, and no watch is left. */
interface ToWatch {
  /** Nodes, until their next change. */
  readonly nodes?: readonly string[];
  /** Paths without a node: watched until there is one. */
  readonly absent?: readonly string[];
  /**
   * For their own changes and those of their children's names, whether they exist or not, as long as the connection
   * lasts or until `removeWatchesCall`.
   */
  readonly standing?: readonly string[];
}

/** Leaves watches without reading (setWatches2, ZooKeeper 3.6 and newer). */
export function leaveWatchesCall({ nodes = [], absent = [], standing = [] }: ToWatch): Call<void> {
  const lists = [nodes, absent, [], standing, []];
  const size = (sum: number, path: string): number => sum + 4 + Buffer.byteLength(path);
  const bytes = Buffer.alloc(lists.reduce((sum, paths) => paths.reduce(size, sum + 4), 12 + 8));
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt32BE(OP.leaveWatches, 8);
  let at = bytes.writeBigInt64BE(NO_EARLIER_CHANGES, 12);
  for (const paths of lists) {
    at = bytes.writeInt32BE(paths.length, at);
    for (const path of paths) {
      const length = bytes.write(path, at + 4);
      at = bytes.writeInt32BE(length, at) + length;
    }
  }
  return { bytes, decode: () => undefined };
}

/** Any of the kinds of watches that there are on a node. */
const ANY_KIND = 3;

/** Takes off all watches that this connection has on a node. */
export function removeWatchesCall(path: string): Call<void> {
  const bytes = Buffer.alloc(12 + 4 + Buffer.byteLength(path) + 4);
  bytes.writeInt32BE(bytes.length - 4, 0);
  bytes.writeInt32BE(OP.removeWatches, 8);
  bytes.writeInt32BE(bytes.write(path, 16), 12);
  bytes.writeInt32BE(ANY_KIND, bytes.length - 4);
  return { bytes, decode: () => undefined };
}

/** Type of the operation, whether it is the end, error code. */
const MULTI_HEADER = 4 + 1 + 4;

/** Type of what stands in the place of an operation's result where a transaction was not applied: an error code. */
const REFUSED = -1;

/** Stat: czxid, mzxid, ctime, mtime (8 each), version, cversion, aversion (4 each), owner (8), sizes (4, 4), pzxid (8). */
const STAT = 68;

function decodeMany(bytes: Buffer, count: number): readonly Read[] {
  let at = BODY;
  const text = (): string => {
    const length = Math.max(0, bytes.readInt32BE(at));
    at += 4 + length;
    return bytes.toString('utf8', at - length, at);
  };
  return Array.from({ length: count }, () => {
    const type = bytes.readInt32BE(at);
    at += MULTI_HEADER;
    if (type === OP.names) {
      const names = Math.max(0, bytes.readInt32BE(at));
      at += 4;
      return { err: 0, names: Array.from({ length: names }, text) };
    }
    if (type !== OP.get) {
      at += 4;
      return { err: bytes.readInt32BE(at - 4) };
    }
    const value = text();
    const changed = bytes.readBigInt64BE(at + 8);
    const version = bytes.readInt32BE(at + 32);
    const owner = bytes.readBigInt64BE(at + 44);
    at += STAT;
    return { err: 0, value, version, owner, changed };
  });
}

/**
 * The request for a transaction; bytes 4 to 7 take the xid.
 * @param acls of nodes that are created: a vector, as it stands in a request
 */
export function transactionFrame(operations: readonly Operation[], acls: Buffer): Buffer {
  const sizes = operations.map((operation) => {
    const header = MULTI_HEADER + 4 + Buffer.byteLength(operation.path) + 4;
    if (!('value' in operation)) return header;
    const value = header + 4 + Buffer.byteLength(operation.value);
    return operation.kind === 'create' ? value + acls.length : value;
  });
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 12 + MULTI_HEADER));
  let at = 0;
  const number = (value: number): void => {
    at = bytes.writeInt32BE(value, at);
  };
  const text = (value: string): void => {
    const length = bytes.write(value, at + 4);
    number(length);
    at += length;
  };
  const header = (type: number, isLast: number): void => {
    number(type);
    at = bytes.writeUInt8(isLast, at);
    number(-1);
  };
  number(bytes.length - 4);
  number(0);
  number(OP.transaction);
  for (const operation of operations) {
    header(OP[operation.kind], 0);
    text(operation.path);
    if ('value' in operation) text(operation.value);
    if (operation.kind === 'create') {
      at += acls.copy(bytes, at);
      number(operation.ephemeral ? EPHEMERAL : 0);
    } else number(operation.version ?? -1);
  }
  header(-1, 1);
  return bytes;
}

/** The answer to a transaction: one error code per operation, 0 for each when all were applied. */
export function decodeTransaction(bytes: Buffer, count: number): readonly number[] {
  let at = BODY;
  return Array.from({ length: count }, () => {
    const type = bytes.readInt32BE(at);
    at += MULTI_HEADER;
    if (type === OP.create) at += 4 + bytes.readInt32BE(at);
    else if (type === OP.set) at += STAT;
    else if (type === REFUSED) {
      at += 4;
      return bytes.readInt32BE(at - 4);
    }
    return 0;
  });
}
