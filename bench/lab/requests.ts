/** The requests to a ZooKeeper server, and the operations within its transactions. */
export interface Requests {
  /** Requests that read, or that leave or take off watches without reading; a reading of several nodes is one. */
  reads: number;
  /** Nodes that were read. */
  nodesRead: number;
  /** Requests that write: transactions, however many operations they have. */
  writes: number;
  /** Nodes that were created, set or removed. */
  nodesWritten: number;
  pings: number;
  /** Anything else, e.g. connecting. */
  others: number;
}

export const noRequests = (): Requests => ({
  reads: 0,
  nodesRead: 0,
  writes: 0,
  nodesWritten: 0,
  pings: 0,
  others: 0,
});

const READS = [3, 4, 8, 12];
const WRITES = [1, 2, 5, 15];
const [CHECK, TRANSACTION, PING, MANY_READS] = [13, 14, 11, 22];
const WATCHES_ALONE = [18, 101, 105, 106];

/**
 * Counts one frame of a client (zookeeper.jute and ZooDefs.OpCode of ZooKeeper's source): length, xid, type, and the
 * operations of a transaction.
 */
export function countFrame(frame: Buffer, requests: Requests): void {
  // The first frame of a connection is no request; its second word is a part of a zxid.
  const type = frame.length < 12 || frame.readInt32BE(4) === 0 ? undefined : frame.readInt32BE(8);
  if (frame.length >= 12 && frame.readInt32BE(4) === -2 && type === PING) requests.pings += 1;
  else if (type !== undefined && READS.includes(type)) {
    requests.reads += 1;
    requests.nodesRead += 1;
  } else if (type !== undefined && WRITES.includes(type)) {
    requests.writes += 1;
    requests.nodesWritten += 1;
  } else if (type !== undefined && WATCHES_ALONE.includes(type)) requests.reads += 1;
  else if (type === MANY_READS) {
    requests.reads += 1;
    requests.nodesRead += operationsOf(frame).length;
  } else if (type === TRANSACTION) {
    requests.writes += 1;
    requests.nodesWritten += operationsOf(frame).filter((each) => each !== CHECK).length;
  } else requests.others += 1;
}

/** The types of a MultiHeader's operations. */
function operationsOf(frame: Buffer): readonly number[] {
  const types: number[] = [];
  let at = 12;
  const skipText = (): void => {
    at += 4 + Math.max(0, frame.readInt32BE(at));
  };
  while (at + 9 <= frame.length) {
    const type = frame.readInt32BE(at);
    const done = frame.readInt8(at + 4) === 1;
    at += 9;
    if (done) break;
    types.push(type);
    skipText();
    if (type === 1) {
      skipText();
      let acls = frame.readInt32BE(at);
      at += 4;
      for (; acls > 0; acls -= 1) {
        at += 4;
        skipText();
        skipText();
      }
      at += 4;
    } else if (type === 5) {
      skipText();
      at += 4;
    } else if (type === 2 || type === CHECK) at += 4;
    else if (type === 4 || type === 8) at += 1;
    else throw new Error(`an operation of type ${type} in a transaction`);
  }
  return types;
}
