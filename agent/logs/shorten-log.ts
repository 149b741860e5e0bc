import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';

/** Bytes copied at a time. */
const PIECE = 1024 * 1024;

/**
 * Empties a log in its place and keeps its last `keep` bytes as `<file>.1`. It is not renamed: what a hook left running
 * goes on writing to the file that it has open, and its lines would go on in one that nobody reads and nobody bounds. All
 * of it at once, so that hardly anything comes in between.
 */
export function shortenLog(file: string, keep: number): void {
  const log = openSync(file, 'r+');
  try {
    const { size } = fstatSync(log);
    const aside = openSync(`${file}.1.next`, 'w', 0o600);
    try {
      const buffer = Buffer.allocUnsafe(Math.min(PIECE, keep));
      for (let at = Math.max(0, size - keep); at < size; ) {
        const read = readSync(log, buffer, 0, Math.min(buffer.length, size - at), at);
        if (read === 0) break;
        writeSync(aside, buffer, 0, read);
        at += read;
      }
    } finally {
      closeSync(aside);
    }
    renameSync(`${file}.1.next`, `${file}.1`);
    ftruncateSync(log, 0);
  } finally {
    closeSync(log);
  }
}
