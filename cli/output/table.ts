import { displayWidth, wrapToWidth } from './width.js';

/** Spaces between two columns. */
const GAP = 2;

/** The narrowest the last column gets; where there is less room, its text stands beneath the row. */
const LEAST = 24;

/** Spaces before a text that stands beneath its row. */
const INDENT = 4;

/** How a table is fitted to a width. */
export interface Fit {
  /** Columns there are; Infinity where nothing shall be fitted, as in a file. */
  readonly width?: number;
  /** Columns, by number, that are left out where the table is too wide: empty ones first, then in this order. */
  readonly spare?: readonly number[];
}

/**
 * Lays rows of printable cells out under each other, the first row being the head. Every column is as wide as its
 * widest cell; the text of the last one, which holds what is said, goes on in further lines. Nothing is cut.
 * @returns the lines of each row, the head's first
 */
export function tableRows(
  rows: readonly (readonly string[])[],
  { width = Number.POSITIVE_INFINITY, spare = [] }: Fit = {},
): readonly (readonly string[])[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(0, ...rows.map((row) => displayWidth(row[column] ?? ''))),
  );
  const last = widths.length - 1;
  const columns = fittingColumns(rows, widths, width, spare);
  const before = columns.reduce((sum, column) => sum + (widths[column] ?? 0) + GAP, 0);
  const room = width - before;
  const beneath = room < Math.min(widths[last] ?? 0, LEAST);
  return rows.map((row, index) => {
    const cells = columns.map((column) => {
      const cell = row[column] ?? '';
      return cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell) + GAP);
    });
    const line = cells.join('');
    const text = row[last] ?? '';
    if (!beneath) {
      const [first = '', ...more] = wrapToWidth(text, room);
      return [`${line}${first}`.trimEnd(), ...more.map((each) => `${' '.repeat(before)}${each}`)];
    }
    // The head of a column that is none any more says nothing.
    const said = index === 0 || text === '' || text === '-' ? [] : wrapToWidth(text, width - INDENT);
    return [line.trimEnd(), ...said.map((each) => `${' '.repeat(INDENT)}${each}`)];
  });
}

/** The same, as lines. */
export function renderTable(
  rows: readonly (readonly string[])[],
  width?: number,
  spare?: readonly number[],
): string[] {
  return tableRows(rows, {
    ...(width !== undefined && { width }),
    ...(spare !== undefined && { spare }),
  }).flat();
}

/** The columns before the last one that are shown. */
function fittingColumns(
  rows: readonly (readonly string[])[],
  widths: readonly number[],
  width: number,
  spare: readonly number[],
): readonly number[] {
  let columns = widths.slice(0, -1).map((_, column) => column);
  const isEmpty = (column: number): boolean => rows.slice(1).every((row) => (row[column] ?? '-') === '-');
  for (const column of spare.toSorted((a, b) => Number(isEmpty(b)) - Number(isEmpty(a)))) {
    const taken = columns.reduce((sum, each) => sum + (widths[each] ?? 0) + GAP, 0);
    if (taken + Math.min(widths.at(-1) ?? 0, LEAST) <= width) break;
    columns = columns.filter((each) => each !== column);
  }
  return columns;
}
