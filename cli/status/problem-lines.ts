import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';

/** The nodes that cannot be read, as people read them; nothing where there is none. */
export function problemLines({
  problems = [],
}: {
  readonly problems?: readonly Problem[];
}): readonly string[] {
  if (problems.length === 0) return [];
  return [
    'cannot be read, and is left alone:',
    ...problems.map(({ path, reason }) => `  ${printable(path)}: ${printable(reason)}`),
  ];
}
