import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The upgrade hook of a measured formula: it does as little as a hook can. */
const HOOK = '#!/bin/sh\necho "$ENSEMBLE_UNIT_NAME" >>"$ENSEMBLE_DATA_DIR/upgraded"\n';

/**
 * Writes a formula of `files` files with `bytes` bytes in all, which do not compress, into `repository`; unless `hooked`
 * is false, with an `upgrade-formula` hook that appends one line. @returns its directory
 */
export async function writeFormula(
  repository: string,
  name: string,
  revision: number,
  { files = 20, bytes = 100_000, hooked = true } = {},
): Promise<string> {
  const directory = join(repository, `${name}-${revision}`);
  await mkdir(join(directory, 'hooks'), { recursive: true });
  await mkdir(join(directory, 'lib'));
  await writeFile(
    join(directory, 'metadata.yaml'),
    `name: ${name}\nrevision: ${revision}\nsummary: measured\n`,
  );
  if (hooked) {
    const script = join(directory, 'hooks/upgrade-formula');
    await writeFile(script, HOOK);
    await chmod(script, 0o755);
  }
  const others = Math.max(1, files - 2);
  for (let at = 0; at < others; at += 1)
    await writeFile(join(directory, `lib/${at}.bin`), randomBytes(Math.floor(bytes / others)));
  return directory;
}
