import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { OutputFileUnusable } from '../context/errors.js';

/**
 * Writes what a tool printed to a file that a hook names, in the place of what was there. It is the agent that writes:
 * it must not hang on a fifo, nor take its own descriptors for the hook's.
 *
 * @param directory of the caller, which relative names start from
 * @throws OutputFileUnusable
 */
export async function writeFileOfHook(name: string, directory: string, text: string): Promise<void> {
  if (name === '' || !(isAbsolute(name) || isAbsolute(directory)))
    throw new OutputFileUnusable({ file: name, reason: 'cannot be found' });
  const path = resolve(directory, name);
  if (/^\/(dev|proc)\//.test(path))
    throw new OutputFileUnusable({
      file: name,
      reason: "is the hook's own and cannot be written by the agent",
      next: 'redirect instead: … > FILE',
    });
  try {
    const { O_WRONLY, O_CREAT, O_TRUNC, O_NONBLOCK } = constants;
    const file = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile())
        throw new OutputFileUnusable({ file: name, reason: 'is not a file' });
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof OutputFileUnusable) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new OutputFileUnusable({ file: name, reason: REASONS[code] ?? `cannot be written (${code})` });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'is in a directory that does not exist',
  ENOTDIR: 'is in a directory that does not exist',
  EISDIR: 'is a directory',
  ENXIO: 'is not a file',
  EACCES: 'may not be written by this user',
  ENOSPC: 'cannot be written: the disk is full',
};
