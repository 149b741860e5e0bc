import assert from 'node:assert/strict';
import { readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { useSandbox } from '../cli/sandbox.js';

describe('a formula under development that cannot be published', () => {
  const world = useSandbox();

  it('keeps its revision, by whatever command that was to be raised', async () => {
    const { box } = world;
    const run = (...args: readonly string[]) => box.run(...args);
    const deploy = ['deploy', '--no-wait', '--repository', 'principia'];
    const provides = { metadata: 'provides:\n  server: mysql\n' };
    await box.bootstrap();
    await box.formula('mysql', 1, provides);
    await box.formula('blog', 1, { metadata: 'requires:\n  db: mysql\n' });
    for (const formula of ['mysql', 'blog']) await box.ok(...deploy, formula);
    await box.ok('add-relation', 'blog', 'mysql');
    const formula = await box.formula('mysql', 2, provides);
    const outside = join(formula, 'outside');
    const staysAfter = async (command: readonly string[], why: RegExp): Promise<void> => {
      const { code, stderr } = await run(...command);
      assert.equal(code, 1, stderr);
      assert.match(stderr, why);
      assert.match(await readFile(join(formula, 'metadata.yaml'), 'utf8'), /^revision: 2$/m);
    };
    await symlink('/etc/hostname', outside);
    await staysAfter(['upgrade-formula', '--no-wait', '--bump', 'mysql'], /outside/);
    await staysAfter([...deploy, '--upgrade', 'mysql', 'other'], /outside/);
    await rm(outside);
    const config = await box.file('config.yaml', 'other:\n  unheard-of: 1\n');
    await staysAfter([...deploy, '--upgrade', '--config', config, 'mysql', 'other'], /unheard-of/);
    await box.formula('mysql', 2);
    await staysAfter(['upgrade-formula', '--no-wait', '--bump', 'mysql'], /relation/);
    await box.formula('mysql', 2, provides);
    assert.equal((await run('upgrade-formula', '--no-wait', '--bump', 'mysql')).code, 0);
    assert.match(await readFile(join(formula, 'metadata.yaml'), 'utf8'), /^revision: 3$/m);
  });
});
