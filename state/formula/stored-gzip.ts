import { crc32 } from 'node:zlib';

/** The most bytes that a block can hold uncompressed (RFC 1951, 3.2.4). */
export const LARGEST_BLOCK = 0xffff;

/** A member without a name, a time or flags, by an unknown system (RFC 1952, 2.3). */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);

/** Makes a gzip file that compresses nothing: the same bytes for the same content, whatever makes them. */
export class StoredGzip {
  readonly #ready: (bytes: Uint8Array) => void;
  #crc = 0;
  #size = 0;

  /** @param ready is given the file in its order */
  constructor(ready: (bytes: Uint8Array) => void) {
    this.#ready = ready;
    ready(header);
  }

  /** @param piece `largestBlock` bytes at most, kept by whoever is given it; with `last` the file ends behind it */
  push(piece: Uint8Array, last = false): void {
    const block = Buffer.alloc(5);
    block.writeUInt8(last ? 1 : 0, 0);
    block.writeUInt16LE(piece.length, 1);
    block.writeUInt16LE(piece.length ^ 0xffff, 3);
    this.#ready(block);
    this.#ready(piece);
    this.#crc = crc32(piece, this.#crc);
    this.#size += piece.length;
    if (!last) return;
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(this.#crc, 0);
    trailer.writeUInt32LE(this.#size % 2 ** 32, 4);
    this.#ready(trailer);
  }
}
