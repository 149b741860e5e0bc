import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellQuoted } from '../../state/platform/shell-word.js';
import { hookTools } from '../tools/all-tools.js';
import { perlClient } from './perl-client.js';

/** How the hook tools reach the agent. */
export type ClientKind = 'perl' | 'node';

/**
 * Makes the directory that goes first on a hook's PATH: one client, and a link to it named after each tool, which is
 * how it knows what it was called as. May be done over an earlier one while hooks use it.
 *
 * @param kind default: perl where the PATH has one
 * @returns which client it is
 */
export async function writeToolDirectory(
  directory: string,
  kind?: ClientKind,
  names: readonly string[] = hookTools.map((tool) => tool.name),
): Promise<ClientKind> {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const perl = kind === 'node' ? undefined : await findOnPath('perl');
  const client = perl ? perlClient(perl, socketStream()) : nodeLauncher();
  await replace(join(directory, clientName), (aside) => writeFile(aside, client, { mode: 0o755 }));
  await Promise.all(
    names.map((name) => replace(join(directory, name), (aside) => symlink(clientName, aside))),
  );
  return perl ? 'perl' : 'node';
}

const clientName = '.client';

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

function nodeLauncher(): string {
  const words = [process.execPath, fileURLToPath(new URL('./node-client.js', import.meta.url))];
  const quoted = words.map(shellQuoted).join(' ');
  return `#!/bin/sh\nexec ${quoted} "\${0##*/}" "$@"\n`;
}

async function findOnPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name);
    const runs =
      directory.startsWith('/') &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ));
    // The kernel reads a script's first line to the first blank, and no more than 255 bytes of it.
    if (runs && !/\s/.test(path) && path.length < 200) return path;
  }
  return undefined;
}

/** SOCK_STREAM: 1 on Linux, but on MIPS (asm/socket.h of the kernel). */
function socketStream(): number {
  return process.arch.startsWith('mips') ? 2 : 1;
}
