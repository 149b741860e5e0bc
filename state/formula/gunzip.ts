import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { type Limits, sizeFault } from './limits.js';
import { TarFault } from './tar-fault.js';

/** Bytes: each piece goes to another thread and back, and of small ones that takes longest. */
const PIECE = 1024 * 1024;

/**
 * The unpacked bytes of the gzip file, within the limits. Ends normally only when the file is one whole gzip stream
 * and nothing else.
 * @throws TarFault, and the file system's errors
 */
export async function* gunzip(file: string, limits: Limits): AsyncGenerator<Buffer> {
  const { size } = await stat(file);
  const unzip = createGunzip({ chunkSize: PIECE });
  const fed = feed(unzip, createReadStream(file, { highWaterMark: PIECE }));
  let unpacked = 0;
  try {
    for await (const chunk of unzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      const fault = sizeFault(unpacked, size, limits);
      if (fault !== undefined) throw new TarFault('unsafe', fault);
      yield chunk;
    }
  } catch (error) {
    throw translate(error);
  } finally {
    unzip.destroy();
    await fed;
  }
  if (unzip.bytesWritten !== size)
    throw new TarFault('damaged', 'something follows the end of the gzip stream');
}

/** One piece after the other, so that `bytes` may use the memory of one for the next. */
async function feed(unzip: Gunzip, bytes: AsyncIterable<Buffer>): Promise<void> {
  // A stream that breaks while it works on a piece never says that it is done with it.
  const closed = new Promise<void>((resolve) => unzip.once('close', resolve));
  try {
    for await (const piece of bytes) {
      const taken = new Promise<void>((resolve) => unzip.write(piece, () => resolve()));
      await Promise.race([taken, closed]);
      if (unzip.destroyed) return;
    }
    unzip.end();
  } catch (error) {
    unzip.destroy(error as Error);
  }
}

function translate(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') return new TarFault('damaged', 'the file is cut short');
  if (code?.startsWith('Z_'))
    return new TarFault('damaged', `it is no gzip file (${(error as Error).message})`);
  return error;
}
