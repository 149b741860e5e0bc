/** The bytes that ssh wrote end too early, or some of them belong to nothing. */
export class WireFault extends Error {}

/** Reads what ssh writes: numbers of 4 bytes, and strings behind their length (RFC 4251, 5). */
export class WireReader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  /** @throws WireFault */
  take(length: number): Buffer {
    if (length > this.#rest.length) throw new WireFault('it is cut off');
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** @throws WireFault */
  number(): number {
    return this.take(4).readUInt32BE();
  }

  /** @throws WireFault */
  string(): Buffer {
    return this.take(this.number());
  }

  /** @throws WireFault */
  text(): string {
    return this.string().toString('latin1');
  }

  get isAtEnd(): boolean {
    return this.#rest.length === 0;
  }

  /** Nothing may be left. @throws WireFault */
  end(): void {
    if (this.#rest.length > 0) throw new WireFault('it has bytes behind its end');
  }
}

/** A string as ssh writes it. */
export function wireString(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A large number without the zeros that ssh puts before it, in so many bytes. @throws WireFault */
export function fixedLength(number: Buffer, length: number): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.alloc(0) : number.subarray(start);
  if (digits.length > length) throw new WireFault('a number in it is too large');
  return Buffer.concat([Buffer.alloc(length - digits.length), digits]);
}
