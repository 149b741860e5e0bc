import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { betweenFaults, faultPoint } from '../state/platform/fault-points.js';
import type { Kind } from './detect.js';
import { flush } from './contract/replace.js';
import { StepBlocked } from './contract/step.js';

/**
 * What a home holds that the copy of it leaves out: data directories are copied by themselves, states and storages may be
 * written to meanwhile, and nothing but their files' modes is changed.
 */
const LEFT_OUT = ['machines', 'state', 'storage'];

/**
 * Copies a directory into another one, durably, under its own name or the next that is free. Sockets are left out. What an
 * interrupted copy left is removed first.
 * @returns the path of the copy
 * @throws StepBlocked; errors of the file system
 */
export async function backUp(directory: string, into: string, kind: Kind): Promise<string> {
  const place = resolve(into);
  if (`${place}/`.startsWith(`${resolve(directory)}/`))
    throw new StepBlocked('its backup would lie in itself', 'choose a directory outside of it for --backup');
  mkdirSync(place, { recursive: true, mode: 0o700 });
  const aside = join(place, `.${basename(directory)}.next`);
  rmSync(aside, { recursive: true, force: true });
  await betweenFaults('migrate.backup', async () => {
    cpSync(directory, aside, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      filter: (source) => !lstatSync(source).isSocket() && !isLeftOut(relative(directory, source), kind),
    });
    await faultPoint('migrate.backup.copied');
    flushAll(aside);
  });
  const copy = freeName(place, basename(directory));
  renameSync(aside, copy);
  flush(place);
  return copy;
}

function isLeftOut(path: string, kind: Kind): boolean {
  const [, second = ''] = path.split('/');
  return kind === 'home' && LEFT_OUT.includes(second);
}

function freeName(place: string, name: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(place, number === 1 ? name : `${name}-${number}`);
    if (!existsSync(path)) return path;
  }
}

function flushAll(path: string): void {
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) flushAll(join(path, name));
  if (found.isDirectory() || found.isFile()) flush(path);
}
