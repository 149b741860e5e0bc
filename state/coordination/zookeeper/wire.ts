import jute from 'node-zookeeper-client/lib/jute/index.js';
import type { Operation } from '../coordinator.js';
import { decodeTransaction, transactionFrame } from './multi.js';
import { BODY, type Call, EPHEMERAL, OP, type Stat, XID } from './protocol.js';

/*
 * The only file that knows node-zookeeper-client. Of that package the wire records are used and nothing else: every
 * defect known of it sits in its connection, watcher, transaction and error classes (a transaction's `version` of 0,
 * for one, is sent as "any version"), and those are replaced by connection.ts, requests.ts and watches.ts.
 */

const { protocol } = jute;

interface Header {
  readonly xid: number;
  readonly zxid: bigint;
  readonly err: number;
}

/** Who may do what with the nodes a client creates. */
export type Acl = 'everyone' | 'authenticated';

const XID_AT = 4;
const ALL_PERMISSIONS = 31;
const READ = 1;

/**
 * `auth` makes the server write down the identity which this connection has proved, so that it holds whatever
 * character set that server reads a secret in.
 */
const ACLS: Record<Acl, InstanceType<typeof jute.data.ACL>> = {
  everyone: new jute.data.ACL(ALL_PERMISSIONS, new jute.data.Id('world', 'anyone')),
  authenticated: new jute.data.ACL(ALL_PERMISSIONS, new jute.data.Id('auth', '')),
};

/** The same as a vector of one, as it stands in a request. */
const ACL_BYTES: Record<Acl, Buffer> = {
  everyone: aclBytes(ACLS.everyone),
  authenticated: aclBytes(ACLS.authenticated),
};

function aclBytes(acl: InstanceType<typeof jute.data.ACL>): Buffer {
  const bytes = Buffer.alloc(4 + acl.byteLength());
  bytes.writeInt32BE(1, 0);
  acl.serialize(bytes, 4);
  return bytes;
}

function frame(
  type: number,
  payload: { byteLength(): number; serialize(b: Buffer, o: number): number } | null,
  xid = 0,
) {
  return new jute.Request(new protocol.RequestHeader(xid, type), payload).toBuffer();
}

function nothing(): void {}

function stat(record: { mzxid: Buffer; version: number; ephemeralOwner: Buffer }): Stat {
  return {
    version: record.version,
    owner: record.ephemeralOwner.readBigInt64BE(),
    changed: record.mzxid.readBigInt64BE(),
  };
}

/** Writes the xid into a call's bytes, before each sending. */
export function stamp(bytes: Buffer, xid: number): void {
  bytes.writeInt32BE(xid, XID_AT);
}

/** The first frame of a connection: asks for the session, or with id 0 for a new one. */
export function connectFrame(session: {
  readonly id: Buffer;
  readonly password: Buffer;
  readonly timeout: number;
  readonly zxid: bigint;
}): Buffer {
  const zxid = Buffer.alloc(8);
  zxid.writeBigInt64BE(session.zxid);
  const request = new protocol.ConnectRequest(0, zxid, session.timeout, session.id, session.password);
  return new jute.Request(null, request).toBuffer();
}

/** The server's answer to `connectFrame`; undefined where the session is over. */
export function decodeConnect(
  bytes: Buffer,
): { readonly id: Buffer; readonly password: Buffer; readonly timeout: number } | undefined {
  const response = new protocol.ConnectResponse();
  response.deserialize(bytes, 4);
  if (response.timeOut <= 0) return undefined;
  return {
    id: response.sessionId,
    password: response.passwd ?? Buffer.alloc(16),
    timeout: response.timeOut,
  };
}

export function authFrame(credentials: Buffer): Buffer {
  return frame(OP.auth, new protocol.AuthPacket(0, 'digest', credentials), XID.auth);
}

export function pingFrame(): Buffer {
  return frame(OP.ping, null, XID.ping);
}

export function decodeHeader(bytes: Buffer): Header {
  const header = new protocol.ReplyHeader();
  header.deserialize(bytes, 4);
  return { xid: header.xid, zxid: header.zxid.readBigInt64BE(), err: header.err };
}

/** A watch's news of a node: its children's names changed, or it was created, removed or changed itself. */
export type NodeEvent = 'created' | 'removed' | 'changed' | 'names';

/** By ZooKeeper's numbers of them (Watcher.Event.EventType). */
const EVENTS: readonly (NodeEvent | undefined)[] = [undefined, 'created', 'removed', 'changed', 'names'];

/** Anything else that a server may say means: look again at everything, as after a creation. */
export function decodeNotification(bytes: Buffer): { readonly path: string; readonly event: NodeEvent } {
  const record = new protocol.WatcherEvent();
  record.deserialize(bytes, BODY);
  return { path: record.path, event: EVENTS[record.type] ?? 'created' };
}

export function closeSessionCall(): Call<void> {
  return { bytes: frame(OP.closeSession, null), decode: nothing };
}

/** Reads value and stat; with `watch`, leaves a watch where the node exists. */
export function getCall(path: string, watch: boolean): Call<{ readonly value: string; readonly stat: Stat }> {
  return {
    bytes: frame(OP.get, new protocol.GetDataRequest(path, watch)),
    decode(bytes) {
      const response = new protocol.GetDataResponse();
      response.deserialize(bytes, BODY);
      return { value: response.data?.toString() ?? '', stat: stat(response.stat) };
    },
  };
}

/** Leaves a watch for the creation of a node that does not exist, or for the next change of one that does. */
export function watchForCreationCall(path: string): Call<void> {
  return { bytes: frame(OP.exists, new protocol.ExistsRequest(path, true)), decode: nothing };
}

/** Has the server catch up with the others, so that what is read next is not of before. */
export function syncCall(path: string): Call<void> {
  // Its record is a path and nothing else, as that of this other request.
  return { bytes: frame(OP.sync, new protocol.GetACLRequest(path)), decode: nothing };
}

export function childrenCall(path: string): Call<readonly string[]> {
  return {
    bytes: frame(OP.children, new protocol.GetChildren2Request(path, false)),
    decode(bytes) {
      const response = new protocol.GetChildren2Response();
      response.deserialize(bytes, BODY);
      return response.children ?? [];
    },
  };
}

/**
 * True if anybody may do something with a node: change it, create and remove nodes in it, or, unless `readable`, read
 * it.
 */
export function isOpenCall(path: string, readable: boolean): Call<boolean> {
  return {
    bytes: frame(OP.getAcl, new protocol.GetACLRequest(path)),
    decode(bytes) {
      const response = new protocol.GetACLResponse();
      response.deserialize(bytes, BODY);
      const harmless = readable ? READ : 0;
      return (response.acl ?? []).some(({ perms, id }) => id.scheme === 'world' && (perms & ~harmless) !== 0);
    },
  };
}

/** Has a node belong to this client's identity alone, or, where `readable`, be read by everybody else. */
export function closeCall(path: string, readable: boolean): Call<void> {
  const others = new jute.data.ACL(READ, new jute.data.Id('world', 'anyone'));
  const acls = readable ? [ACLS.authenticated, others] : [ACLS.authenticated];
  return { bytes: frame(OP.setAcl, new protocol.SetACLRequest(path, acls, -1)), decode: nothing };
}

export function createCall(path: string, value: string, ephemeral: boolean, acl: Acl): Call<void> {
  const flags = ephemeral ? EPHEMERAL : 0;
  const request = new protocol.CreateRequest(path, Buffer.from(value), [ACLS[acl]], flags);
  return { bytes: frame(OP.create, request), decode: nothing };
}

export function setCall(path: string, value: string, version: number | undefined): Call<Stat> {
  return {
    bytes: frame(OP.set, new protocol.SetDataRequest(path, Buffer.from(value), version ?? -1)),
    decode(bytes) {
      const response = new protocol.SetDataResponse();
      response.deserialize(bytes, BODY);
      return stat(response.stat);
    },
  };
}

export function removeCall(path: string, version: number | undefined): Call<void> {
  return { bytes: frame(OP.remove, new protocol.DeleteRequest(path, version ?? -1)), decode: nothing };
}

/** The answer holds one error code per operation: 0 for each when all were applied. */
export function transactionCall(operations: readonly Operation[], acl: Acl): Call<readonly number[]> {
  return {
    bytes: transactionFrame(operations, ACL_BYTES[acl]),
    decode: (bytes) => decodeTransaction(bytes, operations.length),
  };
}
