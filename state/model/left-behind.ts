import * as z from '../platform/zod.js';

/** Paths of each kind that are named. */
export const MOST_LEFT = 10;

/** The files that hooks wrote into the directory of a formula that their unit left, as far as it was told. */
export const leftBehindSchema = z.looseObject({
  /** Formula ids: the one that was left, and the one that the unit went to. */
  from: z.string(),
  to: z.string(),
  /** Absolute, on the unit's machine. */
  directory: z.string(),
  /** The unit keeps it, to go back to; else it is removed. */
  kept: z.boolean(),
  /** The first paths of what hooks made, and of what they changed of the formula's own. */
  written: z.array(z.string()),
  changed: z.array(z.string()),
  /** How many others there are. */
  more: z.int(),
});

export type LeftBehind = z.infer<typeof leftBehindSchema>;

/** In a sentence: what was left, and where it lies. */
export function sayLeftBehind({ from, directory, kept, written, changed, more }: LeftBehind): string {
  const parts = [
    ...(written.length > 0 ? [`wrote ${written.join(', ')}`] : []),
    ...(changed.length > 0 ? [`changed ${changed.join(', ')}`] : []),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
  const fate = kept ? `stays in ${directory}` : `is removed with ${directory}`;
  return `what hooks left in ${from} ${fate}: they ${parts.join(', ')}`;
}
