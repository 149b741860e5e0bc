import { dirname, resolve } from 'node:path';
import { shellWord } from '../platform/shell-word.js';
import { type Answering, type Silent, whatIsSilent, whereItIs } from '../storage/awaited-directory.js';
import { endableWhile } from './endable-while.js';
import { RepositoryNotFound } from './errors.js';
import { defaultLimits } from './limits.js';

/** What the system says of a mount that went away. */
const AWAY = new Set([
  'ESTALE',
  'EIO',
  'ENOTCONN',
  'ETIMEDOUT',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENODEV',
  'ENXIO',
]);

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
  await found(path, how, silence);
}

/**
 * Reads something of a repository that answers, and sees that it was there to the end: a mount that goes away while it is
 * read leaves an empty directory, of which the reading would tell as if it were the repository.
 * @param how, silence as for `requireAnswer`
 * @throws RepositoryNotFound, with what does not answer or went away; what `read` throws
 */
export async function whileItAnswers<T>(
  path: string,
  how: 'repository' | 'whole',
  read: () => Promise<T>,
  silence?: number,
): Promise<T> {
  const { device } = await found(path, how, silence);
  const requireStill = async (error?: unknown): Promise<void> => {
    const now = answered(path, how, await whereItIs(resolve(path), silence));
    const isAway = now.device !== device || (device !== null && saysAway(error));
    if (isAway) throw wentAway(path, how, error);
  };
  let result: T;
  try {
    result = await endableWhile(path, read);
  } catch (error) {
    await requireStill(error);
    throw error;
  }
  await requireStill();
  return result;
}

async function found(path: string, how: 'repository' | 'whole', silence?: number): Promise<Answering> {
  return answered(path, how, await whatIsSilent(resolve(path), how, defaultLimits.maxBytes, silence));
}

function answered(path: string, how: 'repository' | 'whole', answer: Silent | Answering): Answering {
  if ('device' in answer) return answer;
  throw new RepositoryNotFound({
    path: how === 'whole' ? dirname(path) : path,
    reason: `${answer.path} has not answered for ${answer.seconds} seconds`,
    next: `check the disk or the network mount of it, as with \`timeout 5 cat ${shellWord(answer.path)}\``,
  });
}

function wentAway(path: string, how: 'repository' | 'whole', cause: unknown): RepositoryNotFound {
  return new RepositoryNotFound(
    {
      path: how === 'whole' ? dirname(path) : path,
      reason: `${path} was there, and its disk or mount went away while it was read`,
      next: `check the disk or the network mount of it, as with \`timeout 5 ls ${shellWord(path)}\`, and run the same command again`,
    },
    { cause },
  );
}

/** Also where that is the reason behind the error. */
function saysAway(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if ('code' in each && typeof each.code === 'string' && AWAY.has(each.code)) return true;
  return false;
}
