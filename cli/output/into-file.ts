import { closeSync, openSync, writeSync } from 'node:fs';
import { FileUnwritable } from './errors.js';
import type { Output } from './output.js';

/**
 * Runs `work` with an output whose data goes to a file, as to a program: without colours, as wide as it likes. The file
 * is made, or emptied, at the first data or at the end, so that a command which fails before leaves it as it was.
 * @param file where to; undefined leaves the output as it is
 * @throws FileUnwritable, whatever `work` throws
 */
export async function intoFile<T>(
  output: Output,
  file: string | undefined,
  work: (output: Output) => Promise<T>,
): Promise<T> {
  if (file === undefined) return work(output);
  let descriptor: number | undefined;
  const write = (text: string): void => {
    try {
      descriptor ??= openSync(file, 'w');
      writeSync(descriptor, text);
    } catch (error) {
      throw new FileUnwritable({ file, reason: unwritableReason(error) }, { cause: error });
    }
  };
  try {
    const result = await work({
      ...output,
      data: (text) => write(`${text}\n`),
      stdout: {
        write,
        isTerminal: false,
        hasColors: false,
        columns: Number.POSITIVE_INFINITY,
        rows: Number.POSITIVE_INFINITY,
      },
    });
    write('');
    return result;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its directory does not exist',
  ENOTDIR: 'its directory does not exist',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no space left',
};

/** Why a file cannot be written, as a message ends with it. */
export function unwritableReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? message;
}
