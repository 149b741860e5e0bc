import assert from 'node:assert/strict';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import * as fc from 'fast-check';
import { findBadLink, type LinkedEntry } from '../../../state/formula/links.js';

describe('findBadLink', () => {
  const seed = Date.now() % 2 ** 31;

  it(`passes no tree in which the kernel finds a link to the outside, or to nothing (seed ${seed})`, async function () {
    this.timeout(120_000);
    const name = fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b', 'd/e/a', 'd/e/b');
    const part = fc.constantFrom('.', '..', 'a', 'b', 'c', 'd', 'e', '');
    const target = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'));
    const links = fc.uniqueArray(fc.tuple(name, target), { maxLength: 5, selector: ([path]) => path });
    let passed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(links, async (chosen) => {
        const usable = chosen.filter(([, text]) => text !== '');
        const entries: LinkedEntry[] = [
          { kind: 'directory', path: 'd' },
          { kind: 'directory', path: 'd/e' },
          { kind: 'file', path: 'd/c' },
          ...usable.map(([path, text]) => ({ kind: 'link' as const, path, target: text })),
        ];
        if (findBadLink(entries) !== undefined) {
          refused++;
          return;
        }
        passed++;
        const base = await realpath(await mkdtemp(join(tmpdir(), 'ensemble-links-')));
        try {
          const root = join(base, 'root');
          await mkdir(join(root, 'd/e'), { recursive: true });
          await writeFile(join(root, 'd/c'), '');
          for (const [path, text] of usable) await symlink(text, join(root, path));
          for (const [path] of usable) {
            const real = await realpath(join(root, path));
            assert.ok(real === root || real.startsWith(root + sep), `${path} leads to ${real}`);
            assert.ok(dirname(real).startsWith(base));
          }
        } finally {
          await rm(base, { recursive: true });
        }
      }),
      { seed, numRuns: 800 },
    );
    assert.ok(
      passed > 50 && refused > 50,
      `${passed} passed and ${refused} were refused: the property says little`,
    );
  });

  it('gives up on chains made to take long', () => {
    const target = `${'./'.repeat(500)}x`;
    const entries: LinkedEntry[] = [{ kind: 'file', path: 'x' }];
    for (let index = 0; index < 50_000; index++) entries.push({ kind: 'link', path: `l${index}`, target });
    assert.match(findBadLink(entries)?.reason ?? '', /too many or too long/);
  });

  it('takes thousands of ordinary links', () => {
    const entries: LinkedEntry[] = [
      { kind: 'directory', path: 'd' },
      { kind: 'file', path: 'd/x' },
    ];
    for (let index = 0; index < 50_000; index++)
      entries.push({ kind: 'link', path: `d/l${index}`, target: '../d/x' });
    assert.equal(findBadLink(entries), undefined);
  });
});
