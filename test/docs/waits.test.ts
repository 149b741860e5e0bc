import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, projectDirectory, textOf } from './project.js';

/** A row of the page: the files that wait, the name in them that does, and the title of the test. */
interface Row {
  readonly files: readonly string[];
  readonly names: readonly string[];
  readonly test: string;
  readonly title: string;
}

const rows = (): readonly Row[] =>
  textOf('docs/waits.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split(' | ');
      assert.equal(cells.length, 5, line);
      const words = [...(cells[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, word]) => word ?? '');
      const [, test = '', title = ''] = /`([^`]+)` "(.+)" \|$/.exec(cells[4] ?? '') ?? [];
      const isFile = (word: string): boolean => word.includes('/');
      return { files: words.filter(isFile), names: words.filter((word) => !isFile(word)), test, title };
    });

/** What waits, as it is written; without what only lets the event loop turn. */
const waiting =
  /\b(untilItWorks|whileItMayHeal|untilHealed|saidWhile|knownService)\(|\bnew Promise(?!\(setImmediate\))\b|\bpause\((?:[^)]*[cC]lock|wait)|\bslots\.take\(/g;

/** Files that define how to wait, or wait in tests only. */
const tools = [
  'agent/contract/retry.ts',
  'state/platform/unless-aborted.ts',
  'agent/contract/said-while.ts',
  'state/platform/fault-points.ts',
  'state/platform/clock.ts',
];

/** How often each file waits; files that do not are left out. */
function waits(): ReadonlyMap<string, number> {
  const sources = ['agent', 'hooks', 'control', 'state', 'cli', 'watcher'].flatMap((room) =>
    filesUnder(room)
      .map((file) => `${room}/${file}`)
      .filter((file) => file.endsWith('.ts')),
  );
  return new Map(
    sources
      .map((file) => {
        const code = textOf(file)
          .replace(/^import [\s\S]*?;$/gm, '')
          .replace(/\/\*\*[\s\S]*?\*\//g, '');
        return [file, [...code.matchAll(waiting)].length] as const;
      })
      .filter(([file, count]) => count > 0 && !tools.includes(file)),
  );
}

/** What the page says of files that wait more than once, by its last list. */
const counted = (): ReadonlyMap<string, number> =>
  new Map(
    [...textOf('docs/waits.md').matchAll(/^\* `([^`]+)`: (\d+)$/gm)].map(([, file = '', count]) => [
      file,
      Number(count),
    ]),
  );

describe('the page of what waits', () => {
  it('has a row for every file that waits', () => {
    const known = new Set(rows().flatMap(({ files }) => files));
    const found = [...waits().keys()];
    assert.ok(found.length > 40, `${found.length} files that wait are found`);
    assert.deepEqual(
      found.filter((file) => !known.has(file)),
      [],
    );
  });

  it('counts the waits of each file: one that is new is thought of, as a row or as part of one', () => {
    const more = [...waits()].filter(([, count]) => count > 1);
    assert.deepEqual(Object.fromEntries(counted()), Object.fromEntries(more));
  });

  it('names files, names in them, and tests that are there', () => {
    assert.ok(rows().length > 40);
    for (const { files, names, test, title } of rows()) {
      const row = `${files.join()} ${names.join()}`;
      assert.ok(files.length > 0, row);
      for (const file of [...files, test])
        assert.ok(existsSync(join(projectDirectory, file)), `${row}: ${file}`);
      for (const name of names)
        assert.ok(
          files.some((file) => textOf(file).includes(name)),
          `${row}: ${name} is in none of the files`,
        );
      assert.ok(textOf(test).includes(title), `${row}: no test "${title}" in ${test}`);
    }
  });
});
