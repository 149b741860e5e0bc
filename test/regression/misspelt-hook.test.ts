import assert from 'node:assert/strict';
import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readFormula } from '../../state/formula/formula.js';
import { useSandbox } from '../cli/sandbox.js';

describe('a file among the hooks whose name is nearly that of one', () => {
  const world = useSandbox();

  it('is warned of where it is executable, and others are not', async () => {
    const directory = await world.box.formula('web', 1, {
      metadata: 'requires: {db: sql}\n',
      files: {
        'hooks/instal': '#!/bin/sh\n',
        'hooks/start': '#!/bin/sh\n',
        'hooks/bd-relation-joined': '#!/bin/sh\n',
        'hooks/ensemble-info-relation-joined': '#!/bin/sh\n',
        'hooks/service.sh': '#!/bin/sh\n',
      },
    });
    const says = (name: string, meant: string): string =>
      `${join(directory, 'hooks', name)} is no hook of this formula and will not be run; is it meant to be ${meant}?`;
    assert.deepEqual([...(await readFormula(directory)).warnings].sort(), [
      says('bd-relation-joined', 'db-relation-joined'),
      says('instal', 'install'),
    ]);
  });

  it('is warned of where it is a link, as where all hooks are one program', async () => {
    const directory = await world.box.formula('web', 1, { files: { 'hooks/hooks.py': '#!/bin/sh\n' } });
    await symlink('hooks.py', join(directory, 'hooks', 'strat'));
    assert.deepEqual((await readFormula(directory)).warnings, [
      `${join(directory, 'hooks', 'strat')} is no hook of this formula and will not be run; is it meant to be start?`,
    ]);
  });

  it('is warned of where it is a hook of the predecessors, unless ours is there too', async () => {
    const old = { 'hooks/upgrade-charm': '#!/bin/sh\n' };
    const directory = await world.box.formula('web', 1, { files: old });
    assert.deepEqual((await readFormula(directory)).warnings, [
      `${join(directory, 'hooks', 'upgrade-charm')} is no hook of this formula and will not be run; is it meant to be upgrade-formula?`,
    ]);
    const both = await world.box.formula('web', 2, {
      files: { ...old, 'hooks/upgrade-formula': '#!/bin/sh\nexec hooks/upgrade-charm\n' },
    });
    assert.deepEqual((await readFormula(both)).warnings, []);
  });
});

describe('a file of a formula that nothing reads under its name', () => {
  const world = useSandbox();

  it('is warned of, and named where the formula is none without it', async () => {
    const directory = await world.box.formula('web', 1, {
      files: { 'config.yml': 'options: {}\n', 'hook/start': '#!/bin/sh\n' },
    });
    await rm(join(directory, 'hooks'), { recursive: true, force: true });
    assert.deepEqual([...(await readFormula(directory)).warnings].sort(), [
      `${join(directory, 'config.yml')} is not read; is it meant to be config.yaml?`,
      `${join(directory, 'hook')} is not read; is it meant to be hooks?`,
    ]);
    await rename(join(directory, 'metadata.yaml'), join(directory, 'metadata.yml'));
    await assert.rejects(
      readFormula(directory),
      /metadata\.yml is not read; is it meant to be metadata\.yaml\?/,
    );
  });
});

describe('a hook whose lines end as in Windows below its first line', () => {
  const world = useSandbox();

  it('is warned of, with the line', async () => {
    const directory = await world.box.formula('web', 1, {
      files: { 'hooks/start': '#!/bin/sh\n# fine\necho a\r\necho b\r\n' },
    });
    const [warning, ...others] = (await readFormula(directory)).warnings;
    assert.ok(
      warning?.startsWith(`${join(directory, 'hooks', 'start')}:3: has Windows line ends (CRLF)`),
      warning,
    );
    assert.deepEqual(others, []);
  });
});
