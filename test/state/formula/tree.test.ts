import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { FormulaEntryRefused, FormulaTooLarge, NotAFormula } from '../../../state/formula/errors.js';
import { listTree } from '../../../state/formula/tree.js';
import { Workshop } from './workshop.js';

describe('listTree', () => {
  const workshop = new Workshop();

  const refuses = async (path: string, tree: string, reason: RegExp): Promise<void> => {
    await assert.rejects(listTree(tree), (error) => {
      assert.ok(error instanceof FormulaEntryRefused, String(error));
      assert.equal(error.path, path);
      assert.match(error.reason, reason);
      return true;
    });
  };

  it('lets others have their turn while it reads a large file, such as the session of a command', async () => {
    const tree = await workshop.tree('large', { 'hooks/install': ['x', ''] });
    const file = await open(join(tree, 'large'), 'w');
    await file.truncate(40 * 1024 * 1024);
    await file.close();
    let turns = 0;
    const count = (): void => {
      turns += 1;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    await listTree(tree);
    clearImmediate(counting);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it('refuses more entries than a machine takes, before it reads their contents', async () => {
    const tree = await workshop.tree('many', { 'hooks/install': ['x', ''], a: ['x', ''] });
    // It could not be read, were it tried.
    execFileSync('mkfifo', [join(tree, 'b')]);
    await assert.rejects(listTree(tree, 3), (error) => {
      assert.ok(error instanceof FormulaTooLarge);
      assert.match(error.message, /is too large: it has more than 3 files, directories and links$/);
      return true;
    });
  });

  it('lists files with their hash, folders and links, sorted by the bytes of their paths', async () => {
    const tree = await workshop.tree('clock', {
      b: 'text',
      B: ['x', ''],
      'a/x': '',
      'a-b': '',
      é: '',
      z: ['->', 'a/x'],
      '\u{10000}': '',
      '\uffee': '',
    });
    const manifest = await listTree(tree);
    assert.deepEqual(
      manifest.map(({ path }) => path),
      ['B', 'a', 'a-b', 'a/x', 'b', 'z', 'é', '\uffee', '\u{10000}'],
    );
    assert.deepEqual(manifest[4], {
      kind: 'file',
      path: 'b',
      sha256: createHash('sha256').update('text').digest('hex'),
      size: 4,
      executable: false,
    });
    assert.ok(manifest[0]?.kind === 'file' && manifest[0].executable);
    assert.deepEqual(manifest[1], { kind: 'directory', path: 'a' });
    assert.deepEqual(manifest[5], { kind: 'link', path: 'z', target: 'a/x' });
  });

  it('leaves version control out, wherever it lies', async () => {
    const tree = await workshop.tree('clock', {
      a: '',
      '.git/HEAD': '',
      'lib/.git': 'gitdir: elsewhere',
      'lib/.hg/x': '',
    });
    assert.deepEqual(
      (await listTree(tree)).map(({ path }) => path),
      ['a', 'lib'],
    );
  });

  it('may itself be named through a link', async () => {
    const tree = await workshop.tree('clock', { a: '' });
    await workshop.tree('.', { link: ['->', 'clock'] });
    assert.deepEqual(await listTree(workshop.path('link')), await listTree(tree));
  });

  it('needs a directory', async () => {
    await assert.rejects(listTree(workshop.path('none')), NotAFormula);
    await writeFile(workshop.path('file'), '');
    await assert.rejects(listTree(workshop.path('file')), NotAFormula);
  });

  for (const [name, target, reason] of [
    ['an absolute link', '/etc/passwd', /absolute/],
    ['a link out of the formula', '../secret', /leaves the formula/],
    ['a link that leaves and comes back', '../clock/a', /leaves the formula/],
    ['a dangling link', 'nothing', /not in the formula/],
    ['a link into version control, which is left out', '.git/HEAD', /not in the formula/],
    ['a link to itself', 'link', /circle/],
  ] as const)
    it(`refuses ${name}`, async () => {
      await workshop.tree('.', { secret: '' });
      const tree = await workshop.tree('clock', { a: '', '.git/HEAD': '', link: ['->', target] });
      await refuses(join(tree, 'link'), tree, reason);
    });

  it('refuses a link that leaves through another link', async () => {
    const tree = await workshop.tree('clock', {
      'x/y/file': '',
      up: ['->', 'x/y'],
      'x/bad': ['->', '../up/../../..'],
    });
    await refuses(join(tree, 'x/bad'), tree, /leaves the formula/);
  });

  it('refuses fifos, sockets and setuid files, and never waits for one', async () => {
    const tree = await workshop.tree('clock', { a: '' });
    execFileSync('mkfifo', [join(tree, 'fifo')]);
    await refuses(join(tree, 'fifo'), tree, /a fifo/);

    const other = await workshop.tree('other', { a: '' });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(other, 'socket'), resolve));
    await refuses(join(other, 'socket'), other, /a socket/);
    await new Promise((resolve) => server.close(resolve));

    for (const mode of [0o4755, 0o2755]) {
      await chmod(join(other, 'a'), mode);
      await refuses(join(other, 'a'), other, /setuid or setgid/);
    }
  });

  it('refuses names that no archive can carry', async () => {
    for (const [folder, name, reason] of [
      ['newline', 'a\nb', /control characters/],
      ['escape', '\x1b[31m', /control characters/],
    ] as const) {
      const tree = await workshop.tree(folder, { [name]: '' });
      await refuses(join(tree, name), tree, reason);
    }
    const tree = await workshop.tree('bytes', {});
    await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff])]), '');
    await refuses(join(tree, '\ufffd'), tree, /not UTF-8/);
  });

  it('refuses paths that are too deep or too long', async () => {
    const deep = Array.from({ length: 65 }, () => 'd').join('/');
    const tree = await workshop.tree('deep', {});
    await mkdir(join(tree, deep), { recursive: true });
    await refuses(join(tree, deep), tree, /more than 64 parts/);
    const long = Array.from({ length: 5 }, () => 'd'.repeat(250)).join('/');
    const other = await workshop.tree('long', {});
    await mkdir(join(other, long), { recursive: true });
    await refuses(join(other, long), other, /more than 1024 bytes/);
  });

  it('refuses what it may not read', async () => {
    const tree = await workshop.tree('clock', { a: 'x', 'folder/b': 'y' });
    if (process.getuid?.() !== 0) {
      await chmod(join(tree, 'a'), 0);
      return refuses(join(tree, 'a'), tree, /cannot be read \(EACCES\)/);
    }
    // Root may read everything, so somebody else looks.
    await chmod(workshop.path('.'), 0o755);
    await chmod(join(tree, 'a'), 0o600);
    const module = new URL('../../../state/formula/tree.js', import.meta.url).href;
    const script = `const { listTree } = await import(${JSON.stringify(module)}); process.setuid(65534);
      await listTree(process.argv[1]).catch((error) => console.log(error.code, error.path, error.reason));`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script, tree], {
      encoding: 'utf8',
    });
    assert.equal(said, `formula-entry-refused ${tree}/a it cannot be read (EACCES)\n`);
  });
});
