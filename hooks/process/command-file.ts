import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuoted } from '../../state/platform/shell-word.js';

/**
 * Writes the file that stands in for a hook where a command is run in its place: it is run like any hook.
 * @returns its path, in the run's directory
 */
export async function writeCommand(runDirectory: string, words: readonly string[]): Promise<string> {
  const path = join(runDirectory, 'command');
  await writeFile(path, `#!/bin/sh\nexec ${words.map(shellQuoted).join(' ')}\n`, { mode: 0o700 });
  return path;
}
