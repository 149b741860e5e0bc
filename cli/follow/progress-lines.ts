import { renderTable } from '../output/table.js';
import type { Color, Screen } from '../output/terminal.js';
import { fitLine, linesWithin } from '../output/fit-line.js';
import type { Standing } from '../../control/progress/standing.js';
import type { Row } from '../../control/progress/row.js';

export interface ProgressLine {
  readonly text: string;
  readonly color?: Color;
}

const COLORS: Readonly<Partial<Record<Standing, Color>>> = {
  done: 'green',
  failed: 'red',
  offline: 'yellow',
  stuck: 'yellow',
  gone: 'dim',
  'called-off': 'yellow',
  untold: 'yellow',
  overtaken: 'green',
};

/** Why nobody works on units, in a few words: what helps is another thing each time. */
const WHY_OFFLINE: Readonly<Record<NonNullable<Row['absence']>, string>> = {
  down: 'no agent',
  stopped: 'agent stopped',
  suspended: 'agent suspended',
};

/** Lines that are always there: the count, and the one the cursor stands in. A table has a head besides. */
const OTHER_LINES = 2;

/**
 * The lines to draw on a screen of this size: a table of the units, or, where they do not fit, how many there are of
 * each kind and as many of those that need a person as fit. Never more rows than the screen has: otherwise it would
 * scroll, and could not be drawn over. What is too wide is cut, but for a command, which goes on below.
 */
export function progressLines(
  rows: readonly Row[],
  { columns, rows: height }: Pick<Screen, 'columns' | 'rows'>,
  elapsed: string,
): readonly ProgressLine[] {
  const done = rows.filter((row) => row.standing === 'done').length;
  const count: ProgressLine = { text: `${done} of ${rows.length} done, ${elapsed}`, color: 'dim' };
  const room = Math.max(height - OTHER_LINES, 0);
  const fitted = (lines: readonly ProgressLine[]): readonly ProgressLine[] =>
    lines.flatMap(({ text, ...rest }) => fitLine(text, columns - 1).map((line) => ({ ...rest, text: line })));
  const within = (lines: readonly ProgressLine[]): readonly ProgressLine[] =>
    linesWithin(fitted(lines), columns, room);
  const table = rows.length < room ? fitted(tableOf(rows)) : [];
  const isWhole = table.length > 0 && linesWithin(table, columns, room).length === table.length;
  return [...(isWhole ? table : within(countsOf(rows, room))), ...fitted([count])];
}

function tableOf(rows: readonly Row[]): readonly ProgressLine[] {
  const [head = '', ...lines] = renderTable([
    ['UNIT', 'MACHINE', 'STATE', 'MESSAGE'],
    ...rows.map((row) => [row.unit, row.machine ?? '-', row.doing, row.message]),
  ]);
  return [
    { text: head, color: 'bold' },
    ...lines.map((text, index) => withColor(text, rows[index]?.standing)),
  ];
}

function countsOf(rows: readonly Row[], room: number): readonly ProgressLine[] {
  const counts = new Map<string, { count: number; standing: Standing }>();
  for (const { doing, standing, machine, absence } of rows) {
    const why = machine === null ? 'no machine' : WHY_OFFLINE[absence ?? 'down'];
    const key = standing === 'offline' ? `${doing} (${why})` : doing;
    const before = counts.get(key);
    counts.set(key, { standing, count: (before?.count ?? 0) + 1 });
  }
  const kinds = [...counts].map(([doing, { count, standing }]) =>
    withColor(`${String(count).padStart(6)}  ${doing}`, standing),
  );
  const failed = rows
    .filter((row) => row.standing === 'failed')
    .map((row) => withColor(`${row.unit}: ${row.doing}: ${row.message}`, row.standing));
  return [...kinds, ...failed].slice(0, room);
}

function withColor(text: string, standing: Standing | undefined): ProgressLine {
  const color = standing === undefined ? undefined : COLORS[standing];
  return color === undefined ? { text } : { text, color };
}
