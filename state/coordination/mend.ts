import type { Mended } from './embedded/mend.js';

/**
 * Makes the embedded store of `url` anew where it is damaged, from all that it holds; no process may have it open.
 * @returns undefined where nothing is wrong with it, and nothing was done
 * @throws StateDamaged where what it holds cannot be read; CoordinatorUnreachable
 */
export async function mendStore(url: string): Promise<Mended | undefined> {
  return (await import('./embedded/mend.js')).mendStore(url);
}
