import { join } from 'node:path';
import { damageBefore } from '../../state/platform/lmdb-damage.js';
import { JournalUnreadable } from '../contract/errors.js';

/** Sees that the store's file is one, and has all its pages where they belong. @throws JournalUnreadable */
export function assertWhole(directory: string): void {
  let fault: string | undefined;
  try {
    const damage = damageBefore(join(directory, 'data.mdb'));
    // If only the list of free pages is wrong, the units go on until something is to be written.
    if (damage?.isReadable === false) fault = damage.reason;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    fault = (error as Error).message;
  }
  if (fault !== undefined) throw new JournalUnreadable({ journal: directory, reason: fault });
}
