import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FormulaEntryRefused,
  FormulaInvalid,
  HookNotExecutable,
  HookNotRunnable,
  NotAFormula,
} from '../../../state/formula/errors.js';
import { readFormula } from '../../../state/formula/formula.js';
import { formulaTree, Workshop } from './workshop.js';

describe('readFormula', () => {
  const workshop = new Workshop();

  it('reads a whole formula', async () => {
    const tree = await workshop.tree(
      'clock',
      formulaTree('clock', 3, { 'config.yaml': 'options: {zone: {type: string, default: UTC}}' }),
    );
    const formula = await readFormula(tree);
    assert.equal(formula.name, 'clock');
    assert.equal(formula.revision, 3);
    assert.equal(formula.directory, tree);
    assert.equal(formula.metadata.summary, 'Tells the time');
    assert.deepEqual(formula.config, { zone: { type: 'string', default: 'UTC', description: '' } });
    assert.deepEqual(formula.warnings, []);
  });

  it('needs no hooks at all', async () => {
    assert.equal(
      (await readFormula(await workshop.tree('a', { 'metadata.yaml': 'name: a\nrevision: 0' }))).revision,
      0,
    );
  });

  it('says what is not there: the directory, or its metadata.yaml', async () => {
    const empty = await workshop.tree('empty', { file: '' });
    for (const [path, reason] of [
      [workshop.path('none'), 'it does not exist'],
      [empty, 'it has no metadata.yaml'],
      [join(empty, 'file'), 'it is not a directory'],
    ] as const)
      await assert.rejects(
        readFormula(path),
        (error) => error instanceof NotAFormula && error.path === path && error.reason === reason,
      );
  });

  it('says which file of which formula is invalid', async () => {
    const tree = await workshop.tree('clock', { 'metadata.yaml': 'name: clock\nrevision: x\n' });
    await assert.rejects(
      readFormula(tree),
      (error) =>
        error instanceof FormulaInvalid &&
        error.message.startsWith(`${tree}/metadata.yaml:2: revision: must`),
    );
  });

  it('refuses a metadata.yaml that is a directory, a link or a fifo, and never waits for one', async () => {
    const fifo = await workshop.tree('fifo', {});
    spawnSync('mkfifo', [join(fifo, 'metadata.yaml')]);
    for (const tree of [
      await workshop.tree('directory', { 'metadata.yaml/x': '' }),
      await workshop.tree('link', { real: 'name: a\nrevision: 1\n', 'metadata.yaml': ['->', 'real'] }),
      fifo,
    ])
      await assert.rejects(
        readFormula(tree),
        (error) => error instanceof FormulaEntryRefused && error.path === `${tree}/metadata.yaml`,
      );
  });

  describe('looks at the hooks', () => {
    const withHook = (hook: string, text: string, mode = 0o755): Promise<string> =>
      workshop.tree('clock', { ...formulaTree('clock', 1), [`hooks/${hook}`]: text }).then(async (tree) => {
        await chmod(join(tree, 'hooks', hook), mode);
        return tree;
      });

    it('and says which chmod an unexecutable one needs', async () => {
      const tree = await withHook('start', '#!/bin/sh\n', 0o644);
      await assert.rejects(readFormula(tree), (error) => {
        assert.ok(error instanceof HookNotExecutable);
        assert.equal(error.hook, 'start');
        assert.equal(error.next, `chmod +x ${tree}/hooks/start`);
        return true;
      });
    });

    it('of declared relations too, but of no others, and not at files beside the hooks', async () => {
      const metadata = 'name: clock\nrevision: 1\nrequires: {db: mysql}\n';
      const fine = await workshop.tree('fine', {
        'metadata.yaml': metadata,
        'hooks/common.sh': 'x',
        'hooks/other-relation-changed': 'x',
        'hooks/lib/start': 'x',
      });
      assert.deepEqual((await readFormula(fine)).warnings, []);
      const bad = await workshop.tree('bad', { 'metadata.yaml': metadata, 'hooks/db-relation-broken': 'x' });
      await assert.rejects(readFormula(bad), HookNotExecutable);
    });

    it('and refuses Windows line ends in the first line, which no system runs', async () => {
      const tree = await withHook('start', '#!/bin/sh\r\necho hello\r\n');
      assert.notEqual(spawnSync(join(tree, 'hooks/start')).error, undefined, 'the reason for the rule');
      await assert.rejects(
        readFormula(tree),
        (error) => error instanceof HookNotRunnable && /CRLF/.test(error.reason) && error.hook === 'start',
      );
    });

    it('and refuses a first line without an interpreter, and a folder', async () => {
      await assert.rejects(readFormula(await withHook('start', '#!  \n')), HookNotRunnable);
      const tree = await workshop.tree('folder', formulaTree('clock', 1, { 'hooks/start/x': '' }));
      await assert.rejects(readFormula(tree), HookNotRunnable);
    });

    it('and only warns of one without #!, which /bin/sh runs', async () => {
      const tree = await withHook('start', 'echo ran\n');
      assert.equal(String(spawnSync(join(tree, 'hooks/start')).stdout), 'ran\n', 'the reason for the rule');
      const { warnings } = await readFormula(tree);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /hooks\/start does not begin with #!/);
    });

    it('and takes programs and links to other hooks', async () => {
      const tree = await workshop.tree('clock', formulaTree('clock', 1, { 'hooks/stop': ['->', 'install'] }));
      await copyFile('/bin/true', join(tree, 'hooks/start'));
      await chmod(join(tree, 'hooks/start'), 0o755);
      assert.deepEqual((await readFormula(tree)).warnings, []);
    });
  });
});
