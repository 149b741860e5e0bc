/** The stream ended before what was asked of it. */
export class StreamEnded extends Error {}

/** Takes exact numbers of bytes from a stream of chunks, without collecting more than it was asked for. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Exactly `count` bytes. @throws StreamEnded */
  async take(count: number): Promise<Buffer> {
    if (this.#rest.length < count) await this.#gather(count);
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** The bytes that are there already or come next, at most `most` of them; undefined at the end. */
  async some(most: number): Promise<Buffer | undefined> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(most);
    return piece;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #gather(count: number): Promise<void> {
    const parts = [this.#rest];
    for (let length = this.#rest.length; length < count; ) {
      const next = await this.#chunks.next();
      if (next.done) throw new StreamEnded();
      parts.push(next.value);
      length += next.value.length;
    }
    this.#rest = Buffer.concat(parts);
  }
}
