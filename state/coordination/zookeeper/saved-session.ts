/** A connection attaches to a session by these. */
export interface SessionIdentity {
  /** 8 bytes; all zero asks for a new session. */
  readonly id: Buffer;
  /** 16 bytes; whoever has it can act as the session. */
  readonly password: Buffer;
  /** Milliseconds the session outlives its connection: as asked for, then as the server granted it. */
  readonly timeout: number;
  /** Last transaction this session has seen; a server that is behind it refuses the session. */
  readonly zxid: bigint;
}

const TEXT =
  /^zk1:(?<id>[0-9a-f]{16}):(?<password>[0-9a-f]{32}):(?<timeout>\d{1,9}):(?<zxid>[0-9a-f]{1,15})$/;
const NO_ID = '0'.repeat(16);

/** Identity that asks the server for a new session. */
export function newSession(timeout: number, zxid = 0n): SessionIdentity {
  return { id: Buffer.alloc(8), password: Buffer.alloc(16), timeout, zxid };
}

/** True for an identity the server has granted, false for one that asks for a new session. */
export function isGranted({ id }: SessionIdentity): boolean {
  return id.some((byte) => byte !== 0);
}

/** The session as one line of text, empty before the server granted one. It is a secret. */
export function formatSession(session: SessionIdentity): string {
  const { id, password, timeout, zxid } = session;
  return isGranted(session)
    ? `zk1:${id.toString('hex')}:${password.toString('hex')}:${timeout}:${zxid.toString(16)}`
    : '';
}

/** Reads `formatSession`'s text; undefined for anything else, since a session that cannot be read is one that is over. */
export function parseSession(text: string): SessionIdentity | undefined {
  const { id, password, timeout, zxid } = TEXT.exec(text.trim())?.groups ?? {};
  if (id === undefined || password === undefined || id === NO_ID) return undefined;
  return {
    id: Buffer.from(id, 'hex'),
    password: Buffer.from(password, 'hex'),
    timeout: Number(timeout),
    zxid: BigInt(`0x${zxid}`),
  };
}
