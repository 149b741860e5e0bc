import type { Row } from '../../control/progress/row.js';
import { sayLeftBehind } from '../../state/model/left-behind.js';
import { printable } from '../../state/platform/printable.js';

/** Units that are named. */
const MOST_UNITS = 10;

/**
 * Names the files that hooks had left in the formula that units went from, a line for each unit; of many, the first.
 */
export function leftBehindLines(service: string, rows: readonly Row[]): readonly string[] {
  const lines = rows.flatMap(({ unit, leftBehind }) =>
    leftBehind === undefined ? [] : [`${unit}: ${printable(sayLeftBehind(leftBehind))}`],
  );
  if (lines.length <= MOST_UNITS) return lines;
  const others = lines.length - MOST_UNITS;
  return [
    ...lines.slice(0, MOST_UNITS),
    `so it is with ${others} more unit${others === 1 ? '' : 's'}: ensemble history ${service}`,
  ];
}
