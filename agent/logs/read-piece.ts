import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** How far a unit's log was read. `ino` tells the file from the one that takes its place when it is moved away. */
export interface Mark {
  readonly ino: number;
  readonly offset: number;
}

/** The new bytes of a log. */
export interface NewBytes {
  readonly bytes: Buffer;
  /** The place of the first of them. */
  readonly offset: number;
  /** Bytes before them that were too many to gather. */
  readonly skipped: number;
  /** The mark once they are dealt with. */
  readonly mark: Mark;
  /** When the file was last written to, milliseconds since the epoch. */
  readonly written: number;
  /** The file has more. */
  readonly more: boolean;
  /** They are the rest of a file that was moved away. */
  readonly moved: boolean;
}

/** Bytes of one log that are gathered late; of more only the last ones are. */
const MOST_BACKLOG = 256 * 1024;

/** Bytes taken at a time. */
const MOST_AT_ONCE = 32 * 1024;

/** Milliseconds after which a line without an end is taken as it is. */
const LINE_PATIENCE = 1_000;

const NEWLINE = 10;

/**
 * Reads what came into a log after `mark`; undefined where there is no log. At once, as other small things of the disk:
 * to hand them to another thread and back takes several times as long.
 */
export function readPiece(file: string, mark: Mark, now: number): NewBytes | undefined {
  return withFile(file, (log) => {
    const { ino } = fstatSync(log);
    if (ino !== mark.ino && mark.ino !== 0) {
      const rest = withFile(`${file}.1`, (moved) => readRest(moved, mark, ino, now));
      if (rest !== undefined) return rest;
    }
    return read(log, ino === mark.ino ? mark : { ino, offset: mark.ino === 0 ? mark.offset : 0 }, now);
  });
}

/** The end of the log that was moved away meanwhile, so that nothing of it is passed over. */
function readRest(file: number, mark: Mark, ino: number, now: number): NewBytes | undefined {
  if (fstatSync(file).ino !== mark.ino) return undefined;
  const rest = read(file, mark, now + LINE_PATIENCE);
  if (rest.bytes.length === 0) return undefined;
  return { ...rest, more: true, moved: true, mark: rest.more ? rest.mark : { ino, offset: 0 } };
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function read(file: number, mark: Mark, now: number): NewBytes {
  const { size, mtimeMs: written, ino } = fstatSync(file);
  // A log that became shorter was emptied by somebody.
  const known = mark.offset > size ? 0 : mark.offset;
  const offset = Math.max(known, size - MOST_BACKLOG);
  const length = Math.min(size - offset, MOST_AT_ONCE);
  const buffer = Buffer.alloc(length);
  const bytesRead = readSync(file, buffer, 0, length, offset);
  const bytes = buffer.subarray(0, bytesRead);
  const lineEnd = bytes.lastIndexOf(NEWLINE) + 1;
  const whole = lineEnd === bytes.length;
  const waits = !whole && offset + bytesRead >= size && now - written < LINE_PATIENCE;
  const taken = !whole && (waits || lineEnd > 0) ? bytes.subarray(0, lineEnd) : bytes;
  const end = offset + taken.length;
  return {
    bytes: taken,
    offset,
    skipped: offset - known,
    mark: { ino, offset: end },
    written,
    more: end < size,
    moved: false,
  };
}
