/** More than any answer holds: what says to be longer is not ZooKeeper talking. */
const LONGEST = 64 * 1024 * 1024;
const PREFIX = 4;

/**
 * Cuts what a socket receives into frames: four bytes of length, then as many bytes. Each frame is handed on whole,
 * prefix included, and copied once at most, however many pieces it came in: joining everything received so far for
 * each piece or frame costs quadratic time in a long pipeline.
 */
export class Frames {
  #pieces: Buffer[] = [];
  #held = 0;
  readonly #deliver: (frame: Buffer) => void;

  constructor(deliver: (frame: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** Takes what the socket received. @throws RangeError for an impossible length, and whatever `deliver` throws */
  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    while (this.#held >= PREFIX) {
      const length = PREFIX + this.#bodyLength();
      if (this.#held < length) return;
      const all = this.#joined();
      this.#pieces = all.length === length ? [] : [all.subarray(length)];
      this.#held -= length;
      this.#deliver(all.subarray(0, length));
    }
  }

  #bodyLength(): number {
    const [first] = this.#pieces;
    const start = first !== undefined && first.length >= PREFIX ? first : this.#joined();
    const length = start.readInt32BE(0);
    if (length < 0 || length > LONGEST) throw new RangeError(`a frame of ${length} bytes`);
    return length;
  }

  #joined(): Buffer {
    const [first, second] = this.#pieces;
    if (first !== undefined && second === undefined) return first;
    const all = Buffer.concat(this.#pieces, this.#held);
    this.#pieces = [all];
    return all;
  }
}
