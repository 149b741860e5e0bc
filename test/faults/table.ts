import type { DeedRow } from './deed.js';
import { hookRows } from './hook-rows.js';
import { outsideRows } from './outside-rows.js';
import { nameOf, type PointRow } from './row.js';
import { pointRows } from './rows.js';
import { waitingRows } from './waiting-rows.js';

/** The whole fault table. */
export const table: readonly (PointRow | DeedRow)[] = [
  ...pointRows,
  ...hookRows,
  ...outsideRows,
  ...waitingRows,
];

/** What the table is called among the tests. */
export const TITLE = 'the fault table';

/** Those that mocha is to run by its `-g` (`--grep`); cases begin before mocha asks for them. */
export function chosenRows(): readonly (PointRow | DeedRow)[] {
  const at = process.argv.findIndex((word) => word === '-g' || word === '--grep');
  const wanted = new RegExp(at < 0 ? '' : (process.argv[at + 1] ?? ''));
  return table.filter((row) => wanted.test(`${TITLE} ${nameOf(row)}`));
}
