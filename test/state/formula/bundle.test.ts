import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  link,
  mkdir,
  readdir,
  readFile,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Gzip } from 'fflate/browser';
import { bundleFormula, bundleTree } from '../../../state/formula/bundle.js';
import {
  BundleUnwritable,
  FormulaChanging,
  FormulaEntryRefused,
  FormulaTooLarge,
} from '../../../state/formula/errors.js';
import { extractBundle } from '../../../state/formula/extract.js';
import { listTree } from '../../../state/formula/tree.js';
import { Workshop } from './workshop.js';

const run = promisify(execFile);

const longName = `data/${'long-'.repeat(30)}name/${'long-'.repeat(30)}end`;

describe('bundleFormula', () => {
  const workshop = new Workshop();

  /** The tree of the pinned sha256: something of everything that a bundle can carry. */
  const known = {
    'metadata.yaml': 'name: clock\nrevision: 1\nsummary: Tells the time\n',
    'config.yaml': 'options: {}\n',
    'hooks/install': ['x', '#!/bin/sh\nexit 0\n'],
    'hooks/start': ['->', 'install'],
    'data/ünïcödé-名前': 'names outside ASCII\n',
    'data/random': pseudoRandom(300_000),
    'data/zeros': Buffer.alloc(200_000),
    'data/empty': '',
    [longName]: 'a name that does not fit the old header\n',
    'data/link': ['->', `../${longName}`],
    'empty-folder': null,
  } as const;

  for (const [which, more, sha256, size] of [
    [
      'a small tree, which is stored',
      {},
      '6724f0a8af473101c52c67ed5b023989e38aeab33c2277562c39ff4c660a3c23',
      515_135,
    ],
    [
      'a large tree, which is compressed',
      { 'data/more-zeros': Buffer.alloc(800_000) },
      'cf87dd41859572f1923469e90c01929d7d66576fd5151490cf11b48889d9bd8b',
      302_704,
    ],
  ] as const) {
    it(`gives these very bytes for ${which}, in every release and on every machine`, async () => {
      const tree = await workshop.tree('clock', { ...known, ...more });
      const digest = await bundleFormula(tree, workshop.path('clock.tar.gz'));
      const bytes = await readFile(workshop.path('clock.tar.gz'));
      assert.equal(digest.sha256, createHash('sha256').update(bytes).digest('hex'));
      assert.equal(digest.size, bytes.length);
      assert.deepEqual(
        digest,
        { sha256, size },
        'published bundles are named by this: after a change every formula has to be compared by its files',
      );
    });
  }

  it('gives others their turn while it packs, however little comes of it', async () => {
    const megabytes = { 'data/random': pseudoRandom(3_000_000), 'data/zeros': Buffer.alloc(8_000_000) };
    const tree = await workshop.tree('clock', { ...known, ...megabytes });
    const manifest = await listTree(tree);
    let turns = 0;
    let next = setImmediate(function count() {
      turns += 1;
      next = setImmediate(count);
    });
    const digest = await bundleTree(tree, manifest, workshop.path('clock.tar.gz'));
    clearImmediate(next);
    assert.ok(turns >= 10, `${turns} turns for 11 MB`);
    const bytes = await readFile(workshop.path('clock.tar.gz'));
    assert.equal(digest.sha256, createHash('sha256').update(bytes).digest('hex'));
  });

  it('names the bundle that cannot be written where a file stands in the place of its directory', async () => {
    const tree = await workshop.tree('clock', known);
    await writeFile(workshop.path('file'), '');
    await assert.rejects(bundleFormula(tree, workshop.path('file', 'clock.tar.gz')), BundleUnwritable);
  });

  it('holds the very archive that 0.1.0 compressed', async () => {
    await bundleFormula(await workshop.tree('clock', known), workshop.path('clock.tar.gz'));
    const archive = gunzipSync(await readFile(workshop.path('clock.tar.gz')));
    const compressed: Uint8Array[] = [];
    const gzip = new Gzip({ level: 6, mem: 8, mtime: 0 }, (chunk) => compressed.push(chunk));
    for (let at = 0; at < archive.length; at += 64 * 1024) gzip.push(archive.subarray(at, at + 64 * 1024));
    gzip.push(new Uint8Array(0), true);
    const bytes = Buffer.concat(compressed);
    assert.deepEqual(
      { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length },
      { sha256: '76fb9b456997e5ec1728b2d7429df899e68734fdbe9eb928c86c113f4687b7d4', size: 301_719 },
    );
  });

  it('gives the same bytes whatever the dates, the order of creation, the modes, the owner and the place', async () => {
    const first = await workshop.tree('clock', known);
    const second = await workshop.tree(
      'elsewhere/a much longer place/clock',
      Object.fromEntries(Object.entries(known).reverse()),
    );
    for (const path of await readdir(second, { recursive: true })) {
      const stats = await stat(join(second, path));
      await chmod(
        join(second, path),
        stats.isDirectory() ? 0o700 : (stats.mode & 0o111) !== 0 ? 0o775 : 0o600,
      );
      await utimes(join(second, path), 1_000_000, 2_000_000 + path.length);
      if (process.getuid?.() === 0) await chown(join(second, path), 1234, 4321);
    }
    assert.deepEqual(
      await bundleFormula(first, workshop.path('first.tar.gz')),
      await bundleFormula(second, workshop.path('second.tar.gz')),
    );
  });

  it('gives the same bytes in a process with another umask, time zone, language and working directory', async () => {
    const tree = await workshop.tree('clock', known);
    const here = await bundleFormula(tree, workshop.path('here.tar.gz'));
    const module = new URL('../../../state/formula/bundle.js', import.meta.url).href;
    const script = `process.umask(0o077); process.chdir('/');
      const { bundleFormula } = await import(${JSON.stringify(module)});
      console.log(JSON.stringify(await bundleFormula(process.argv[1], process.argv[2])));`;
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', script, tree, workshop.path('there.tar.gz')],
      { env: { PATH: process.env.PATH, TZ: 'Pacific/Chatham', LC_ALL: 'tr_TR.UTF-8', USER: 'somebody' } },
    );
    assert.deepEqual(JSON.parse(stdout), here);
  });

  it('bundles hard links as the separate files that they are to whoever reads them', async () => {
    const apart = await workshop.tree('apart', { a: 'same\n', b: 'same\n' });
    const linked = await workshop.tree('linked', { a: 'same\n' });
    await link(join(linked, 'a'), join(linked, 'b'));
    assert.deepEqual(
      await bundleFormula(apart, workshop.path('apart.tar.gz')),
      await bundleFormula(linked, workshop.path('linked.tar.gz')),
    );
  });

  it('is read by GNU tar, with names, modes, links and contents as they were', async () => {
    await bundleFormula(await workshop.tree('clock', known), workshop.path('clock.tar.gz'));
    await mkdir(workshop.path('out'));
    const { stderr } = await run('tar', ['xzf', workshop.path('clock.tar.gz'), '-C', workshop.path('out')]);
    assert.equal(stderr, '', 'tar has nothing to complain about');
    assert.deepEqual(await listTree(workshop.path('out')), await listTree(workshop.path('clock')));
  });

  it('changes its digest when an executable bit, a link target, a byte or an empty folder changes', async () => {
    const digests = new Set<string>();
    const variants = [
      { file: 'a' },
      { file: 'b' },
      { file: ['x', 'a'] },
      { file: 'a', empty: null },
      { file: 'a', link: ['->', 'file'] },
      { file: 'a', link: ['->', './file'] },
    ] as const;
    for (const [index, variant] of variants.entries()) {
      const tree = await workshop.tree(`variant-${index}`, variant);
      digests.add((await bundleFormula(tree, workshop.path(`${index}.tar.gz`))).sha256);
    }
    assert.equal(digests.size, variants.length);
  });

  it('leaves version-control folders out', async () => {
    const plain = await workshop.tree('plain', { 'metadata.yaml': 'x' });
    const versioned = await workshop.tree('versioned', {
      'metadata.yaml': 'x',
      '.git/HEAD': 'ref',
      '.svn/entries': '1',
      '.hg/store': '1',
      '.bzr/branch': '1',
    });
    assert.deepEqual(
      await bundleFormula(plain, workshop.path('plain.tar.gz')),
      await bundleFormula(versioned, workshop.path('versioned.tar.gz')),
    );
  });

  it('does not hold a large formula in memory', async function () {
    this.timeout(120_000);
    const tree = await workshop.tree('large', {});
    for (let part = 0; part < 4; part++)
      await writeFile(join(tree, `part-${part}`), Buffer.alloc(24 * 1024 ** 2, part));
    const module = new URL('../../../state/formula/bundle.js', import.meta.url).href;
    const script = `const { bundleFormula } = await import(${JSON.stringify(module)});
      const before = process.resourceUsage().maxRSS;
      await bundleFormula(process.argv[1], process.argv[2], { maxRatio: Infinity });
      console.log(process.resourceUsage().maxRSS - before);`;
    const { stdout } = await run(process.execPath, [
      '--input-type=module',
      '-e',
      script,
      tree,
      workshop.path('large.tar.gz'),
    ]);
    assert.ok(Number(stdout) < 64 * 1024, `grew by ${stdout.trim()} KB for a formula of 96 MB`);
  });

  it('refuses what extraction would refuse: too many entries, too many bytes, a bomb', async () => {
    const tree = await workshop.tree('big', { a: Buffer.alloc(1_000_000), b: 'b' });
    const refused = async (limits: object, reason: RegExp): Promise<void> => {
      await assert.rejects(bundleFormula(tree, workshop.path('big.tar.gz'), limits), (error) => {
        assert.ok(error instanceof FormulaTooLarge);
        assert.match(error.reason, reason);
        return true;
      });
      assert.deepEqual(await readdir(workshop.path()), ['big'], 'nothing half-written stays behind');
    };
    await refused({ maxEntries: 1 }, /has 2 entries/);
    await refused({ maxBytes: 500_000 }, /more than 500000 bytes/);
    await refused({ ratioFrom: 1000, maxRatio: 100 }, /more than 100 times its size/);
  });

  it('notices a file that was changed between listing and reading, and writes nothing', async () => {
    const tree = await workshop.tree('clock', { a: 'first' });
    const manifest = await listTree(tree);
    for (const content of ['other', 'longer than first', 'x']) {
      await writeFile(join(tree, 'a'), content);
      await assert.rejects(bundleTree(tree, manifest, workshop.path('clock.tar.gz')), FormulaChanging);
    }
    assert.deepEqual(await readdir(workshop.path()), ['clock']);
  });

  it('never follows a link that took a file’s place', async () => {
    const tree = await workshop.tree('clock', { a: 'secret' });
    const manifest = await listTree(tree);
    await workshop.tree('clock', { 'b-secret': 'secret' });
    await run('rm', [join(tree, 'a')]);
    await symlink('b-secret', join(tree, 'a'));
    await assert.rejects(bundleTree(tree, manifest, workshop.path('clock.tar.gz')), FormulaChanging);
  });

  it('refuses a tree that cannot be carried, naming the path', async () => {
    const tree = await workshop.tree('clock', { 'hooks/start': ['->', '/usr/bin/true'] });
    await assert.rejects(bundleFormula(tree, workshop.path('clock.tar.gz')), (error) => {
      assert.ok(error instanceof FormulaEntryRefused);
      assert.equal(error.path, join(tree, 'hooks/start'));
      return true;
    });
  });

  it('says why the bundle cannot be written', async () => {
    const tree = await workshop.tree('clock', { a: '' });
    await assert.rejects(bundleFormula(tree, workshop.path('none/clock.tar.gz')), (error) => {
      assert.ok(error instanceof BundleUnwritable);
      assert.match(error.message, /none\/clock.tar.gz cannot be written: ENOENT/);
      return true;
    });
  });

  it('survives the way through extraction as it was', async () => {
    const tree = await workshop.tree('clock', known);
    await bundleFormula(tree, workshop.path('clock.tar.gz'));
    const manifest = await extractBundle(workshop.path('clock.tar.gz'), workshop.path('out'));
    assert.deepEqual(manifest, await listTree(tree));
    assert.deepEqual(await listTree(workshop.path('out')), manifest);
  });
});

/** Bytes that do not compress, the same everywhere. */
function pseudoRandom(length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let size = 0, block = 0; size < length; block++, size += 32)
    blocks.push(createHash('sha256').update(`block ${block}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}
