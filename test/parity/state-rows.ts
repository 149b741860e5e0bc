import { type Stated, statedElsewhere, type allRows } from './rows.js';

/**
 * Makes a test of each row, in the order of the rows.
 * @param statements by row: one that is missing, and one that is no row, do not compile
 */
export function stateRows<const Rows extends readonly (typeof allRows)[number][]>(
  rows: Rows,
  statements: Readonly<Record<Stated<Rows>, () => Promise<void>>>,
): void {
  for (const row of rows) {
    if (!(row in statedElsewhere)) it(row, statements[row as Stated<Rows>]);
  }
}
