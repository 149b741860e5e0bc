import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormulaDirectoryMissing } from '../../../hooks/errors.js';
import { findHook } from '../../../hooks/process/find-hook.js';
import { HookNotExecutable } from '../../../state/formula/errors.js';

describe('a formula’s hook', () => {
  let formula: string;
  beforeEach(() => {
    formula = mkdtempSync(join(tmpdir(), 'ensemble-find-hook-'));
    mkdirSync(join(formula, 'hooks'));
  });
  afterEach(() => rmSync(formula, { recursive: true, force: true }));
  const path = (): string => join(formula, 'hooks', 'start');

  const found: readonly (readonly [string, () => void])[] = [
    ['is found as a program', () => writeFileSync(path(), '', { mode: 0o755 })],
    [
      'is found through a link',
      () => {
        writeFileSync(join(formula, 'all'), '', { mode: 0o755 });
        symlinkSync('../all', path());
      },
    ],
  ];
  for (const [rule, make] of found)
    it(rule, async () => {
      make();
      assert.equal(await findHook(formula, 'start'), path());
    });

  it('may be missing', async () => assert.equal(await findHook(formula, 'start'), undefined));

  const replaced: readonly (readonly [string, () => void])[] = [
    [
      'is missing, if there is no directory of hooks',
      () => rmSync(join(formula, 'hooks'), { recursive: true }),
    ],
    [
      'is missing, if a file stands in the place of that directory',
      () => {
        rmSync(join(formula, 'hooks'), { recursive: true });
        writeFileSync(join(formula, 'hooks'), '');
      },
    ],
  ];
  for (const [rule, make] of replaced)
    it(rule, async () => {
      make();
      assert.equal(await findHook(formula, 'start'), undefined);
    });

  const refused: readonly (readonly [string, () => void, string, RegExp])[] = [
    [
      'without the right to be run',
      () => writeFileSync(path(), '', { mode: 0o644 }),
      'mode',
      /^chmod \+x hooks\/start/,
    ],
    ['that is a directory', () => mkdirSync(path()), 'not-a-file', /^ship hooks\/start/],
    [
      'that is a link which leads nowhere',
      () => symlinkSync('none', path()),
      'dangling',
      /^ship hooks\/start/,
    ],
  ];
  for (const [rule, make, reason, next] of refused)
    it(`is refused, ${rule}`, async () => {
      make();
      await assert.rejects(findHook(formula, 'start'), (error: unknown) => {
        assert.ok(error instanceof HookNotExecutable, String(error));
        assert.equal(error.reason, reason);
        assert.match(error.next ?? '', next);
        return true;
      });
    });

  it('is not just missing, if the formula’s directory is gone', async () => {
    rmSync(formula, { recursive: true });
    await assert.rejects(findHook(formula, 'start'), FormulaDirectoryMissing);
  });
});
