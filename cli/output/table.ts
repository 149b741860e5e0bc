import { cutToWidth, displayWidth } from './width.js';

/** Spaces between two columns. */
const GAP = 2;

/** The narrowest a last column is cut to; below it the table is wider than the terminal and wraps. */
const LEAST = 12;

/**
 * Lays rows of printable cells out under each other, the first row being the head. Every column is as wide as its
 * widest cell; only the last one, which holds the running text, is cut to what is left of `width`.
 * @param width columns there are; Infinity where nothing shall be cut, as in a file
 */
export function renderTable(
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP, 0);
  const last = Math.max(width - before, LEAST);
  return rows.map((row) =>
    widths
      .map((columnWidth, column) => {
        const cell = row[column] ?? '';
        if (column === columns - 1) return cutToWidth(cell, last);
        return cell + ' '.repeat(columnWidth - displayWidth(cell) + GAP);
      })
      .join('')
      .trimEnd(),
  );
}
