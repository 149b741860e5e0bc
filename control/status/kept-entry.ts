import type { Machine } from '../../state/model/machine-schemas.js';

/** The removed units that a machine keeps, as `status` and `machines` print them; fields are added, never renamed. */
export interface KeptEntry {
  readonly units: number;
  readonly bytes: number;
  /** When the next of them goes by itself; null where only an operator removes them. */
  readonly until: string | null;
}

/** Undefined where the machine keeps nothing, or its agent does not tell. */
export function keptEntry({ kept }: Machine): KeptEntry | undefined {
  if (kept === undefined || kept.units === 0) return undefined;
  return { units: kept.units, bytes: kept.bytes, until: kept.until ?? null };
}
