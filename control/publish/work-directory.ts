import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whenSignalled } from '../../state/platform/when-signalled.js';

/**
 * Runs `work` with a directory of its own for bundles, which is gone afterwards. A signal ends the process as ever, but
 * takes the directory along; where the process ends in its own way, the work ends first.
 */
export async function withWorkDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const forget = whenSignalled(remove);
  try {
    return await work(directory);
  } finally {
    forget();
    remove();
  }
}
