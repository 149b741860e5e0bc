import { join } from 'node:path';
import { lmdbFault } from '../../state/platform/lmdb-file.js';
import { JournalUnreadable } from '../contract/errors.js';

/** Sees that the store's file is one and has all its pages. @throws JournalUnreadable */
export function assertWhole(directory: string): void {
  let fault: string | undefined;
  try {
    fault = lmdbFault(join(directory, 'data.mdb'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    fault = (error as Error).message;
  }
  if (fault !== undefined) throw new JournalUnreadable({ journal: directory, reason: fault });
}
