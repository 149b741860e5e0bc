import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { SettingsFileUnusable } from '../context/errors.js';

/**
 * Reads a text file that a hook names. It is the agent that reads: it must not hang on a fifo, nor take its own
 * descriptors for the hook's.
 *
 * @param directory of the caller, which relative names start from
 * @param limit bytes that it may have
 * @throws SettingsFileUnusable
 */
export async function readFileOfHook(name: string, directory: string, limit: number): Promise<string> {
  if (name === '' || !(isAbsolute(name) || isAbsolute(directory))) throw unusable(name, 'is not there');
  const path = resolve(directory, name);
  if (/^\/(dev|proc)\//.test(path)) {
    const next = 'to hand on what another command prints, pipe it: … | relation-set --file -';
    throw unusable(name, "is the hook's own and cannot be read by the agent", next);
  }
  const file = await openForReading(path, name);
  try {
    if (!(await file.stat()).isFile()) throw unusable(name, 'is not a file');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(limit + 1), 0, limit + 1, 0);
    if (bytesRead > limit) throw unusable(name, `has more than ${limit} bytes`);
    return decode(buffer.subarray(0, bytesRead), name);
  } finally {
    await file.close();
  }
}

async function openForReading(path: string, name: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'is not there',
      ENOTDIR: 'is not there',
      EACCES: 'may not be read by this user',
    };
    throw unusable(name, reasons[code] ?? `cannot be opened (${code})`);
  }
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unusable(name, 'is not UTF-8 text');
  }
}

function unusable(name: string, reason: string, next?: string): SettingsFileUnusable {
  return new SettingsFileUnusable({ file: `"${name}"`, reason, next });
}
