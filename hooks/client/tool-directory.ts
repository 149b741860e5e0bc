import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { hookTools } from '../tools/all-tools.js';
import { busyScript, busyTools } from './busy-tools.js';
import { perlClient } from './perl-client.js';

/**
 * Makes the directory that goes first on a hook's PATH: one client, and a link to it named after each tool, which is
 * how it knows what it was called as; and the busy tools, which are one script too. May be done over an earlier one while
 * hooks, and jobs of formulas, use it.
 *
 * @param perl its path, as `findPerl` gives it
 */
export async function writeToolDirectory(
  directory: string,
  perl: string,
  names: readonly string[] = hookTools.map((tool) => tool.name),
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const client = perlClient(perl, socketStream());
  await replace(join(directory, CLIENT_NAME), (aside) => writeFile(aside, client, { mode: 0o755 }));
  const busy = busyScript(perl, dirname(resolve(directory)));
  await replace(join(directory, BUSY_NAME), (aside) => writeFile(aside, busy, { mode: 0o755 }));
  const links = [
    ...names.map((name) => [name, CLIENT_NAME] as const),
    ...busyTools.map(({ name }) => [name, BUSY_NAME] as const),
  ];
  await Promise.all(
    links.map(([name, target]) => replace(join(directory, name), (aside) => symlink(target, aside))),
  );
}

const CLIENT_NAME = '.client';
const BUSY_NAME = '.busy';

/** A hook may call the tool at any moment: it finds the old one or the new one, never half of one. */
async function replace(path: string, write: (aside: string) => Promise<void>): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await write(aside);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}

/** SOCK_STREAM: 1 on Linux, but on MIPS (asm/socket.h of the kernel). */
function socketStream(): number {
  return process.arch.startsWith('mips') ? 2 : 1;
}
