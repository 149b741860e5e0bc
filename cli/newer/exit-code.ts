import type { NewerEntry } from '../../control/newer/newer-document.js';

/**
 * The exit code of `newer --exit-code`. If several services were asked, it is the first of these that fits one of
 * them.
 */
export function newerExitCode(entries: readonly NewerEntry[]): number {
  if (entries.some(({ urgent }) => urgent !== null)) return 12;
  if (entries.some(({ eligible }) => eligible !== null)) return 10;
  if (entries.some(({ questionable }) => questionable !== null)) return 11;
  return entries.some(({ known }) => !known) ? 13 : 0;
}
