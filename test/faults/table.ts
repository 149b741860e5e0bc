import type { DeedRow } from './deed.js';
import { hookRows } from './hook-rows.js';
import { outsideRows } from './outside-rows.js';
import { nameOf, type PointRow } from './row.js';
import { pointRows } from './rows.js';

/** The whole fault table. */
export const table: readonly (PointRow | DeedRow)[] = [...pointRows, ...hookRows, ...outsideRows];

/** Those whose name matches `$FAULT_ROWS`, a regular expression; all without it. */
export function chosenRows(): readonly (PointRow | DeedRow)[] {
  const wanted = new RegExp(process.env.FAULT_ROWS ?? '');
  return table.filter((row) => wanted.test(nameOf(row)));
}
