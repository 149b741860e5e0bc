import { namesCommand } from './commands-in-text.js';
import { cutToWidth, displayWidth, wrapToWidth } from './width.js';

/**
 * A line of a drawing for a screen: cut where it is too wide, but for one that names a command, which goes on below it. A
 * command that is wider than the screen stays whole, as it is copied whole from the rows that the terminal makes of it.
 * @param text without colours
 */
export function fitLine(text: string, columns: number): readonly string[] {
  if (displayWidth(text) <= columns) return [text];
  if (!namesCommand(text)) return [cutToWidth(text, columns)];
  const words = text.trimStart();
  const indent = text.slice(0, text.length - words.length);
  return wrapToWidth(words, columns - indent.length).map((line) => indent + line);
}

/** How many rows of the screen a line takes. */
export function rowsTaken(text: string, columns: number): number {
  return Math.max(1, Math.ceil(displayWidth(text) / columns));
}

/** As many of the lines, from the first on, as have room in so many rows. */
export function linesWithin<T extends { readonly text: string }>(
  lines: readonly T[],
  columns: number,
  rows: number,
): readonly T[] {
  let taken = 0;
  const end = lines.findIndex(({ text }) => {
    taken += rowsTaken(text, columns);
    return taken > rows;
  });
  return end < 0 ? lines : lines.slice(0, end);
}

/**
 * The codes that wipe the rest of the last row of a line that was drawn; a line that ends with the row leaves none.
 */
export function wipeAfter(text: string, columns: number): string {
  const width = displayWidth(text);
  return width > 0 && width % columns === 0 ? '' : '\u001b[K';
}
