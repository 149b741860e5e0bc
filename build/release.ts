import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReleases, isAfter, releasedChangelog, withRelease } from './releases.js';

/*
 * `npm run release -- VERSION`: makes the two commits of a release, and nothing else. The first one is the release: its version,
 * and its changelog. The second one names the first in releases.json, which cannot name itself.
 */

const root = process.cwd();
const here = fileURLToPath(new URL('../../', import.meta.url));

try {
  release(process.argv[2] ?? '');
} catch (error) {
  process.stderr.write(`release: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function release(version: string): void {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error('which version? npm run release -- VERSION, such as 0.2.0');
  if (git('status', '--porcelain', '--untracked-files=no') !== '') throw new Error('commit first');
  const last = parseReleases(read('releases.json')).at(-1);
  if (last !== undefined && !isAfter(version, last.version))
    throw new Error(`${version} does not come after ${last.version}, the last release`);
  const date = new Date().toISOString().slice(0, 10);
  const changelog = releasedChangelog(read('CHANGELOG.md'), version, date);
  for (const file of ['package.json', 'package-lock.json']) write(file, versioned(read(file), version));
  write('CHANGELOG.md', changelog);
  git('commit', '--quiet', '--all', '--message', `Release ${version}`);
  const commit = git('rev-parse', 'HEAD').trim();
  write('releases.json', withRelease(read('releases.json'), { version, commit }));
  git('commit', '--quiet', '--all', '--message', `Name the commit of release ${version}`);
  process.stdout.write(`${version} is ${commit}; see ${join(here, 'CONTRIBUTING.md')} for what comes next\n`);
}

/** Both files name the version first where they name their own; a dependency's comes later. */
function versioned(text: string, version: string): string {
  const own = /("name": "ensemble",\s*"version": )"[^"]*"/g;
  return text.replace(own, `$1"${version}"`);
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function write(file: string, text: string): void {
  writeFileSync(join(root, file), text);
}

function git(...words: readonly string[]): string {
  return execFileSync('git', words, { cwd: root, encoding: 'utf8' });
}
