import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { LogLine } from '../../state/model/logs.js';
import { type Boundary, linesOf } from './lines.js';
import type { Mark, NewBytes } from './read-piece.js';

/** The log of one unit that is followed, and how far it was read. */
export interface Tail {
  readonly file: string;
  mark: Mark;
  /** Bytes that were not gathered before the log was emptied. */
  lost: number;
  boundaries: readonly Boundary[];
  /** The hook whose output the log ended with when it was moved away. */
  hookBefore: string;
  /**
   * The time of the last line that was read; lines of one unit never go back in time, so that sorting keeps their
   * order.
   */
  lastTime: string;
  watcher: FSWatcher | undefined;
}

/** The lines of a piece that was read; the first says what was skipped before them. @param secrets are not shown */
export function newLines(
  unit: string,
  tail: Tail,
  piece: NewBytes,
  secrets: readonly string[],
): readonly LogLine[] {
  const written = new Date(piece.written).toISOString();
  const boundaries = piece.moved ? [{ offset: 0, hook: tail.hookBefore, time: written }] : tail.boundaries;
  const read = { unit, bytes: piece.bytes, offset: piece.offset, written, notBefore: tail.lastTime };
  const lines = linesOf(read, boundaries, secrets);
  tail.lastTime = lines.at(-1)?.time ?? tail.lastTime;
  const skipped = piece.skipped + tail.lost;
  if (skipped === 0) return lines;
  const message = `${skipped} bytes are left out here; they are in ${tail.file} on the unit's machine`;
  const time = lines[0]?.time ?? written;
  return [{ time, unit, hook: lines[0]?.hook ?? '', level: 'WARNING', message }, ...lines];
}

/** Notes that a piece is in the tree, and forgets the boundaries that lie behind it. */
export function pass(tail: Tail, { mark }: NewBytes): void {
  tail.mark = mark;
  const at = tail.boundaries.findLastIndex(({ offset }) => offset <= mark.offset);
  if (at > 0) tail.boundaries = tail.boundaries.slice(at);
}

/** The system's watches may be used up; that hooks begin and end is then what wakes the gatherer. */
export function watchIfPossible(directory: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, { persistent: false }, changed);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** Where a log ends now; undefined where there is none. */
export async function endOf(file: string): Promise<Mark | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found && { ino: found.ino, offset: found.size };
}
