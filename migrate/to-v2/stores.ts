import { chmodSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { flush } from '../contract/replace.js';
import type { Item } from '../contract/step.js';

/** Taken from others' access. */
const OTHERS = 0o077;

/**
 * The files of an lmdb store. Before, its user's directory alone kept others from them; from v2 on their mode does too.
 * Those of another user are left as they are.
 * @param store its directory below `directory`
 */
export function storeItems(directory: string, store: string): readonly Item[] {
  return ['data.mdb', 'lock.mdb'].map((file) => ({
    kind: 'store',
    name: join(store, file),
    async look() {
      const path = join(directory, store, file);
      if (!existsSync(path)) return undefined;
      const { mode, uid } = statSync(path);
      if ((mode & OTHERS) === 0 || uid !== process.getuid?.()) return undefined;
      return async () => {
        chmodSync(path, mode & 0o700);
        flush(path);
      };
    },
  }));
}
