/** Request types of the protocol (zookeeper.server: ZooDefs.OpCode). */
export const OP = {
  create: 1,
  remove: 2,
  exists: 3,
  get: 4,
  set: 5,
  getAcl: 6,
  setAcl: 7,
  names: 8,
  sync: 9,
  ping: 11,
  children: 12,
  check: 13,
  transaction: 14,
  removeWatches: 18,
  readMany: 22,
  auth: 100,
  leaveWatches: 105,
  closeSession: -11,
} as const;

/** Frame length, xid, zxid and error code come before an answer's body. */
export const BODY = 4 + 4 + 8 + 4;
/** Flag of a node that is created: it goes with its session. */
export const EPHEMERAL = 1;

/** Values of a reply's xid which stand for no request of ours. */
export const XID = { notification: -1, ping: -2, auth: -4 } as const;

/** A request ready to be sent, and how its answer is read. Bytes 4 to 7 take the xid. */
export interface Call<T> {
  readonly bytes: Buffer;
  /** Reads the answer out of a whole frame whose error code was 0. Throws where it is malformed. */
  readonly decode: (frame: Buffer) => T;
}

/** The fields of a node's stat that are used here. */
export interface Stat {
  readonly version: number;
  /** Id of the session that owns an ephemeral node, 0n for a persistent one. */
  readonly owner: bigint;
  /** Transaction of the last change: differs between any two states of a node, also across removal. */
  readonly changed: bigint;
}
