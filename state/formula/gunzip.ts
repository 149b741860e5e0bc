import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { type Limits, sizeFault } from './limits.js';
import { TarFault } from './tar-fault.js';

/** Bytes: each piece goes to another thread and back, and of small ones that takes longest. */
const PIECE = 1024 * 1024;

/**
 * The unpacked bytes of the gzip file, within the limits. Ends normally only when the file is one whole gzip stream
 * and nothing else.
 * @throws TarFault, and the file system's errors
 */
export async function* gunzipFile(file: string, limits: Limits): AsyncGenerator<Buffer> {
  const { size } = await stat(file);
  const gunzip = createGunzip({ chunkSize: PIECE });
  const fed = pipeline(createReadStream(file, { highWaterMark: PIECE }), gunzip);
  // A failure of either side ends the loop below, too; this keeps it from counting as unhandled.
  fed.catch(() => undefined);
  let unpacked = 0;
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length;
      const fault = sizeFault(unpacked, size, limits);
      if (fault !== undefined) throw new TarFault('unsafe', fault);
      yield chunk;
    }
  } catch (error) {
    throw translate(error);
  } finally {
    gunzip.destroy();
    await fed.catch(() => undefined);
  }
  if (gunzip.bytesWritten !== size)
    throw new TarFault('damaged', 'something follows the end of the gzip stream');
}

function translate(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') return new TarFault('damaged', 'the file is cut short');
  if (code?.startsWith('Z_'))
    return new TarFault('damaged', `it is no gzip file (${(error as Error).message})`);
  return error;
}
