import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findPerl } from '../../../state/platform/find-perl.js';

describe('the perl of the PATH', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ensemble-perl-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function directory(name: string, mode = 0o755): string {
    const path = join(root, name);
    mkdirSync(path);
    writeFileSync(join(path, 'perl'), '', { mode });
    return path;
  }

  it('is the first that is a program, by an absolute path that may stand in the first line of a script', () => {
    const usable = directory('usable');
    mkdirSync(join(root, 'directory', 'perl'), { recursive: true });
    const others = [
      join(root, 'nothing'),
      join(root, 'directory'),
      directory('no-program', 0o644),
      directory('with blank'),
      directory('x'.repeat(200)),
      relative('.', usable),
      '',
    ];
    const later = directory('later');
    assert.equal(findPerl([...others, usable, later].join(':')), join(usable, 'perl'));
    assert.throws(() => findPerl(others.join(':')), { code: 'perl-missing', searched: others.join(':') });
  });
});
