import type { FileHandle } from 'node:fs/promises';

/** Bytes that are read together: each piece goes to another thread and back. */
const MOST = 1024 * 1024;

/** A file that is read while it is being written. The reader is never waited for: what it has not read is in the file. */
export class GrowingFile {
  #size = 0;
  #whole = false;
  #broken: { readonly reason: unknown } | undefined;
  #told = (): void => undefined;
  readonly #file: FileHandle;

  /** @param file open for reading until the reader has ended */
  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** It has so many bytes by now. */
  grown(size: number): void {
    this.#size = size;
    this.#told();
  }

  /** It is what it was to become. */
  end(): void {
    this.#whole = true;
    this.#told();
  }

  /** It will not become that. */
  breakOff(reason: unknown): void {
    this.#broken = { reason };
    this.#told();
  }

  /**
   * Its bytes as they come, for one reader; a piece holds until the next is asked for.
   * @throws the reason for which it broke off, whatever was read by then
   */
  async *bytes(): AsyncGenerator<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(MOST);
    for (let at = 0; ; ) {
      if (this.#broken !== undefined) throw this.#broken.reason;
      if (at < this.#size) {
        const { bytesRead } = await this.#file.read(buffer, 0, Math.min(this.#size - at, MOST), at);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (this.#whole) return;
      else
        await new Promise<void>((resolve) => {
          this.#told = resolve;
        });
    }
  }
}
