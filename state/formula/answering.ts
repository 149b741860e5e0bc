import { dirname, resolve } from 'node:path';
import { shellWord } from '../platform/shell-word.js';
import { whatIsSilent } from '../storage/awaited-directory.js';
import { RepositoryNotFound } from './errors.js';
import { defaultLimits } from './limits.js';

/**
 * Goes before whatever is read of a repository.
 * @param how see `whatIsSilent`; what is read whole lies in a repository
 * @param silence milliseconds after which it is taken to hang
 * @throws RepositoryNotFound, with what does not answer
 */
export async function requireAnswer(
  path: string,
  how: 'repository' | 'whole',
  silence?: number,
): Promise<void> {
  const silent = await whatIsSilent(resolve(path), how, defaultLimits.maxBytes, silence);
  if (silent === undefined) return;
  throw new RepositoryNotFound({
    path: how === 'whole' ? dirname(path) : path,
    reason: `${silent.path} has not answered for ${silent.seconds} seconds`,
    next: `check the disk or the network mount of it, as with \`timeout 5 cat ${shellWord(silent.path)}\``,
  });
}
