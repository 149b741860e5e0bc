import type { DirectoryReport } from '../state/layouts/report.js';

/** What the program exits with. `usage` is that of sysexits.h, as 2 has a meaning of its own here. */
export const EXIT = { current: 0, needed: 2, blocked: 3, usage: 64, tooNew: 78 } as const;

/** The status for several directories: that of the one which needs most. */
export function exitStatus(reports: readonly DirectoryReport[]): number {
  const states = new Set(reports.map(({ state }) => state));
  if (states.has('too-new')) return EXIT.tooNew;
  if (states.has('blocked')) return EXIT.blocked;
  return states.has('needed') ? EXIT.needed : EXIT.current;
}
