import type { LogLine } from '../../state/model/logs.js';

/** Where a hook's output begins in its unit's log. */
export interface Boundary {
  readonly offset: number;
  readonly hook: string;
  /** ISO instant. */
  readonly time: string;
}

/** A piece of a unit's log as it was read. */
interface Piece {
  readonly unit: string;
  readonly bytes: Buffer;
  /** The place of its first byte in the file. */
  readonly offset: number;
  /** When the file was last written to, as ISO instant. */
  readonly written: string;
  /** The time of the line before it, as ISO instant; may be empty. */
  readonly notBefore: string;
}

/** Characters of a message that are kept. */
const MOST_MESSAGE = 4_000;

const NEWLINE = 10;

/** As `hook-source.ts` writes what `ensemble-log` says. */
const LOGGED = /^(\d{4}-\d\d-\d\dT[\d:.]+Z) (DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)$/s;

/**
 * The lines of a piece. What hooks print has no time of its own: it gets the latest moment it may have been printed,
 * which is before whatever comes after it in the file.
 * @param secrets texts that must not be shown
 */
export function linesOf(
  piece: Piece,
  boundaries: readonly Boundary[],
  secrets: readonly string[],
): LogLine[] {
  const lines: LogLine[] = [];
  let latest = piece.written;
  for (const { text, hook, ends } of split(piece, boundaries).reverse()) {
    if (ends !== undefined && ends < latest) latest = ends;
    const match = LOGGED.exec(text);
    if (match?.[1] !== undefined && match[1] < latest) latest = match[1];
    lines.push({
      time: match?.[1] ?? latest,
      unit: piece.unit,
      hook,
      level: (match?.[2] as LogLine['level'] | undefined) ?? 'INFO',
      message: cut(redact(match?.[3] ?? text, secrets)),
    });
  }
  // The file's own time is coarser than the clock's and may lie a little before what was logged with a time.
  let earliest = piece.notBefore;
  return lines.reverse().map((line) => {
    if (line.time > earliest) earliest = line.time;
    return line.time < earliest ? { ...line, time: earliest } : line;
  });
}

/** `ends`: when the next hook began, for lines before that. */
function split(
  { bytes, offset }: Piece,
  boundaries: readonly Boundary[],
): { readonly text: string; readonly hook: string; readonly ends: string | undefined }[] {
  const lines: { readonly text: string; readonly hook: string; readonly ends: string | undefined }[] = [];
  let start = 0;
  while (start < bytes.length) {
    const at = boundaries.findLastIndex((boundary) => boundary.offset <= offset + start);
    const next = boundaries[at + 1];
    const newline = bytes.indexOf(NEWLINE, start);
    const lineEnd = newline < 0 ? bytes.length : newline;
    // A hook that ended in the middle of a line did not say what the next one says.
    const cutAt = next !== undefined && next.offset - offset < lineEnd ? next.offset - offset : undefined;
    const text = bytes.toString('utf8', start, cutAt ?? lineEnd).replace(/\r$/, '');
    lines.push({ text, hook: boundaries[at]?.hook ?? '', ends: next?.time });
    start = cutAt ?? lineEnd + 1;
  }
  return lines;
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((kept, secret) => kept.replaceAll(secret, '[secret]'), text);
}

function cut(text: string): string {
  return text.length <= MOST_MESSAGE ? text : `${text.slice(0, MOST_MESSAGE)}… (${text.length} characters)`;
}
