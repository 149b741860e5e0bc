/** The wire records of node-zookeeper-client 1.1.3, as far as `wire.ts` uses them; the package has no types. */
declare module 'node-zookeeper-client/lib/jute/index.js' {
  interface Outgoing {
    byteLength(): number;
    serialize(buffer: Buffer, offset: number): number;
  }
  interface Incoming {
    deserialize(buffer: Buffer, offset: number): number;
  }
  interface StatRecord {
    /** 64-bit numbers are buffers of 8 bytes, big endian. */
    readonly mzxid: Buffer;
    readonly version: number;
    readonly ephemeralOwner: Buffer;
  }
  const jute: {
    readonly Request: new (header: Outgoing | null, payload: Outgoing | null) => { toBuffer(): Buffer };
    readonly data: {
      readonly Id: new (scheme: string, id: string) => Outgoing;
      readonly ACL: new (permissions: number, id: Outgoing) => Outgoing;
    };
    readonly protocol: {
      readonly ConnectRequest: new (
        protocolVersion: number,
        lastZxidSeen: Buffer,
        timeOut: number,
        sessionId: Buffer,
        passwd: Buffer,
      ) => Outgoing;
      readonly ConnectResponse: new () => Incoming & {
        readonly timeOut: number;
        readonly sessionId: Buffer;
        readonly passwd: Buffer | undefined;
      };
      readonly RequestHeader: new (xid: number, type: number) => Outgoing;
      readonly ReplyHeader: new () => Incoming & {
        readonly xid: number;
        readonly zxid: Buffer;
        readonly err: number;
      };
      readonly AuthPacket: new (type: number, scheme: string, auth: Buffer) => Outgoing;
      readonly CreateRequest: new (
        path: string,
        data: Buffer,
        acl: readonly Outgoing[],
        flags: number,
      ) => Outgoing;
      readonly DeleteRequest: new (path: string, version: number) => Outgoing;
      readonly SetDataRequest: new (path: string, data: Buffer, version: number) => Outgoing;
      readonly SetDataResponse: new () => Incoming & { readonly stat: StatRecord };
      readonly GetDataRequest: new (path: string, watch: boolean) => Outgoing;
      readonly GetDataResponse: new () => Incoming & {
        readonly data: Buffer | undefined;
        readonly stat: StatRecord;
      };
      readonly ExistsRequest: new (path: string, watch: boolean) => Outgoing;
      readonly GetChildren2Request: new (path: string, watch: boolean) => Outgoing;
      readonly GetChildren2Response: new () => Incoming & {
        readonly children: readonly string[] | undefined;
      };
      readonly GetACLRequest: new (path: string) => Outgoing;
      readonly GetACLResponse: new () => Incoming & {
        readonly acl:
          | readonly { readonly perms: number; readonly id: { readonly scheme: string } }[]
          | undefined;
      };
      readonly SetACLRequest: new (path: string, acl: readonly Outgoing[], version: number) => Outgoing;
      readonly WatcherEvent: new () => Incoming & { readonly type: number; readonly path: string };
    };
  };
  export = jute;
}
