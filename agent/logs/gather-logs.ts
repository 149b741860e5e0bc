import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { LogLine } from '../../state/model/logs.js';
import type { Log } from '../contract/log.js';
import { type Mark, type NewBytes, readPiece } from './read-piece.js';
import type { Segments } from './segments.js';
import { readMarks, saveMarks } from './marks.js';
import { shortenLog } from './shorten-log.js';
import { endOf, newLines, pass, type Tail, watchIfPossible } from './tail.js';

/** Gathers what the units of this machine print and log into the tree, in batches, without asking idle units. */
export interface LogGatherer {
  /** Follows a unit's log from where it was read to. */
  attend(unit: string, file: string): Promise<void>;
  /** A hook begins at `offset` of its unit's log. @returns the one before it, empty where none is known */
  began(unit: string, file: string, hook: string, offset: number): string;
  /** A hook is over: what it printed is there. */
  ended(unit: string): void;
  /**
   * Resolves when all that the unit's log holds by now is in the tree, or cannot be put there for now: whoever is told
   * then to read it finds it.
   */
  gathered(unit: string): Promise<void>;
  /** Follows the unit no more; the next agent goes on where it was read to. */
  forget(unit: string): void;
  /** Gathers what is left of the log of a unit that goes, before its file does, and remembers nothing of it. */
  finish(unit: string): Promise<void>;
  /** Ends with the write under way, after which the next agent may read the marks. */
  close(): Promise<void>;
}

/** Milliseconds between two writes, at least. */
const INTERVAL = 1_000;

/** Milliseconds from the first line to its write, so that the lines that follow it go along. */
const GATHERING = 100;

/** Bytes gathered into one write. */
const MOST_PER_WRITE = 192 * 1024;

/** Writes of the last lines of a unit that goes: what it left running may go on printing for ever. */
const MOST_LAST_WRITES = 16;

/** Bytes of a log from which on it is emptied, once it was gathered; in any case from twice as many on. */
const LARGEST_LOG = 10 * 1024 * 1024;

/**
 * The files are the buffer: what is not in the tree yet is read from them when it can be written, and what they hold
 * too much of by then is skipped, which is said. Nothing runs while nobody logs: a watch on each log's directory wakes
 * the gatherer. It bounds the files too, as nobody else sees what a hook left running goes on printing.
 * @param marksFile remembers how far each log was read, for the next agent
 * @param secrets texts that must not be shown
 */
export function gatherLogs(
  segments: Segments,
  marksFile: string,
  {
    clock,
    log,
    secrets,
    largest = LARGEST_LOG,
  }: {
    readonly clock: Clock;
    readonly log: Log;
    readonly secrets: readonly string[];
    /** Bytes. */
    readonly largest?: number;
  },
): LogGatherer {
  const tails = new Map<string, Tail>();
  /** How far the logs of this machine's units were read, also of those that are no longer followed. */
  const marks = new Map<string, Mark>();
  const dirty = new Set<string>();
  const known = readMarks(marksFile);
  let timer: Timer | undefined;
  let flushing: Promise<void> | undefined;
  let saving: Promise<void> = Promise.resolve();
  let closed = false;
  /** True if the last try failed, which is said once. */
  let hindered = false;
  let lastFlush = Number.NEGATIVE_INFINITY;

  function wake(unit: string): void {
    dirty.add(unit);
    if (timer !== undefined || flushing !== undefined || closed) return;
    const wait = Math.max(GATHERING, lastFlush + INTERVAL - clock.monotonic());
    timer = clock.after(wait, () => void flushDirty());
  }

  /** @param ended a unit whose last line gets no end any more */
  function flushDirty(ended?: string): Promise<void> {
    timer?.cancel();
    timer = undefined;
    const units = [...dirty];
    dirty.clear();
    const now = clock.now();
    return flushAlone(units, (unit) => (unit === ended ? Number.POSITIVE_INFINITY : now));
  }

  function flushAlone(units: readonly string[], now: (unit: string) => number): Promise<void> {
    flushing = flush(units, now).then((again) => {
      flushing = undefined;
      for (const unit of [...again, ...dirty]) wake(unit);
    });
    return flushing;
  }

  /** One after the other, as they share a file. */
  function save(): Promise<void> {
    const next = saving.then(() => saveMarks(marksFile, marks));
    saving = next.catch(() => undefined);
    return next;
  }

  function tailOf(unit: string, file: string, mark: Mark): Tail {
    const present = tails.get(unit);
    if (present !== undefined) return present;
    const tail: Tail = {
      file,
      mark,
      lost: 0,
      boundaries: [],
      hookBefore: '',
      lastTime: '',
      watcher: undefined,
    };
    tails.set(unit, tail);
    marks.set(unit, mark);
    return tail;
  }

  function follow(unit: string, tail: Tail): void {
    tail.watcher ??= watchIfPossible(dirname(tail.file), () => wake(unit));
    wake(unit);
  }

  /**
   * @param now a line without an end is taken as it is some time after it was printed
   * @returns the units that have more to gather
   */
  async function flush(
    units: readonly string[],
    now: (unit: string) => number,
  ): Promise<ReadonlySet<string>> {
    lastFlush = clock.monotonic();
    const again = new Set<string>();
    try {
      const lines: LogLine[] = [];
      const read: { readonly unit: string; readonly tail: Tail; readonly piece: NewBytes }[] = [];
      let size = 0;
      for (const unit of units) {
        const tail = tails.get(unit);
        if (tail === undefined) continue;
        if (size >= MOST_PER_WRITE) {
          again.add(unit);
          continue;
        }
        const piece = readPiece(tail.file, tail.mark, now(unit));
        if (piece === undefined) continue;
        if (piece.more) again.add(unit);
        size += piece.bytes.length;
        read.push({ unit, tail, piece });
        lines.push(...newLines(unit, tail, piece, secrets));
      }
      if (lines.length > 0 && !closed) await segments.append(lines.sort(byTime));
      for (const { unit, tail, piece } of read) {
        pass(tail, piece);
        tail.lost = 0;
        marks.set(unit, tail.mark);
      }
      if (lines.length > 0) await save();
      if (hindered) log.info('the logs of units are gathered again');
      hindered = false;
    } catch (error) {
      for (const unit of units) again.add(unit);
      if (!closed && !hindered) log.warning('the logs of units are not gathered for now', { error });
      hindered = true;
    }
    for (const unit of units) bound(unit);
    return again;
  }

  /** Empties a log that is too large. Before it was gathered, only where it grows faster than that, or cannot be. */
  function bound(unit: string): void {
    const tail = tails.get(unit);
    if (tail === undefined) return;
    let size = 0;
    try {
      size = statSync(tail.file, { throwIfNoEntry: false })?.size ?? 0;
      if (size <= largest || (tail.mark.offset < size && size <= 2 * largest)) return;
      shortenLog(tail.file, largest);
    } catch (error) {
      // A hook may have put anything in its place, such as a link to itself.
      log.warning('the log of a unit cannot be kept small', { unit, error });
      return;
    }
    tail.lost += Math.max(0, size - tail.mark.offset);
    tail.mark = { ...tail.mark, offset: 0 };
    marks.set(unit, tail.mark);
    tail.boundaries = tail.boundaries.slice(-1).map((last) => ({ ...last, offset: 0 }));
  }

  function forget(unit: string): void {
    tails.get(unit)?.watcher?.close();
    tails.delete(unit);
  }

  return {
    async attend(unit, file) {
      const mark = (await known)[unit] ?? (await endOf(file));
      if (closed || mark === undefined) return;
      follow(unit, tailOf(unit, file, mark));
    },
    began(unit, file, hook, offset) {
      const tail = tailOf(unit, file, { ino: 0, offset });
      const before = tail.boundaries.at(-1);
      const boundary = { offset, hook, time: new Date(clock.now()).toISOString() };
      // Before what is known of the log: it is a new one in its place.
      if (before !== undefined && offset < Math.max(before.offset, tail.mark.offset)) {
        tail.hookBefore = before.hook;
        tail.boundaries = [boundary];
      } else {
        tail.boundaries = [...tail.boundaries, boundary];
      }
      follow(unit, tail);
      return before?.hook ?? '';
    },
    ended: (unit) => wake(unit),
    async gathered(unit) {
      await known;
      const tail = tails.get(unit);
      if (tail === undefined) return;
      const size = statSync(tail.file, { throwIfNoEntry: false })?.size ?? 0;
      for (let turn = 0; turn < MOST_LAST_WRITES; turn += 1) {
        // The first of many units that wait has all of them gathered.
        dirty.add(unit);
        while (flushing !== undefined) await flushing;
        const { ino, offset } = tail.mark;
        if (closed || offset >= size) return;
        await flushDirty(unit);
        if (tail.mark.ino === ino && tail.mark.offset === offset) return;
      }
    },
    forget,
    async finish(unit) {
      const tail = tails.get(unit);
      for (let turn = 0; tail !== undefined && turn < MOST_LAST_WRITES; turn += 1) {
        while (flushing !== undefined) await flushing;
        // The caller that removes the file must not do so now: the next agent will have it gathered.
        if (closed) throw new Error(`the log of ${unit} was not gathered to its end`);
        const { ino, offset } = tail.mark;
        timer?.cancel();
        timer = undefined;
        await flushAlone([unit], () => Number.POSITIVE_INFINITY);
        if (tail.mark.ino === ino && tail.mark.offset === offset) break;
      }
      forget(unit);
      if (marks.delete(unit)) await save();
    },
    async close() {
      closed = true;
      timer?.cancel();
      for (const { watcher } of tails.values()) watcher?.close();
      await flushing;
      await saving;
    },
  };
}

function byTime(a: LogLine, b: LogLine): number {
  return a.time < b.time ? -1 : a.time > b.time ? 1 : 0;
}
