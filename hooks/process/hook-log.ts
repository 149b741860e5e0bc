import { fstatSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** A log opened for a run, to be closed, and where the run's own output begins. */
interface OpenLog {
  /** File descriptor. */
  readonly file: number;
  readonly offset: number;
}

/** Opens a unit's log for appending: whoever writes to it goes on at its end, also once it was emptied in its place. */
export function openLog(logFile: string): OpenLog {
  const file = openForAppend(logFile);
  return { file, offset: fstatSync(file).size };
}

/**
 * The last lines of what was logged after `offset`: at most `lines` of them and 4 KiB, without control characters, so
 * that they can stand in a message; empty where nothing was logged or the log is gone.
 */
export async function tail(logFile: string, offset: number, lines = 3): Promise<string> {
  const file = await open(logFile, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    // It was emptied meanwhile: what it has is of the run.
    const from = offset > size ? 0 : offset;
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    // A cut in the middle of a line shows as such, not as a line of its own.
    const whole = start > from ? text.slice(text.indexOf('\n') + 1) : text;
    return withoutStack(printable(whole).trimEnd().split('\n')).slice(-lines).join('\n');
  } finally {
    await file.close();
  }
}

/**
 * Node prints why it ended above the stack and its version: without those at the end, the reason is what was said last.
 * (Python prints the reason below.) A program that printed nothing else is left its last words.
 */
function withoutStack(lines: readonly string[]): readonly string[] {
  let end = lines.length;
  while (end > 0 && /^(\s+at .*|Node\.js v\d.*|\s*[{}],?|\s*)$/.test(lines[end - 1] ?? '')) end--;
  return end === 0 ? lines : lines.slice(0, end);
}

const TAIL_BYTES = 4096;

function printable(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '');
}

function openForAppend(logFile: string): number {
  try {
    return openSync(logFile, 'a', 0o600);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
    return openSync(logFile, 'a', 0o600);
  }
}
