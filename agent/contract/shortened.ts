/**
 * Characters of what is said of a unit in one place: an operator reads no more of it, and many units' statuses are
 * written in one transaction, which the coordinator bounds.
 */
const MOST_SAID = 2_000;

/** The text, cut with an ellipsis where it is longer than `most` characters. */
export function shortened(text: string, most = MOST_SAID): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
