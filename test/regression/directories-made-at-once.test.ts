import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory } from '../../state/platform/make-directory.js';

/** Those who remove the same directories meanwhile, again and again, so that nobody finds them as they were. */
const remover = `
  my @way = map { join '/', $ARGV[0], @{['a', 'b', 'c', 'd']}[0 .. $_] } reverse 0 .. 3;
  while (1) { rmdir for @way; select undef, undef, undef, rand 0.001 }`;

/** Makes the directory so often, by a module of the project, and prints how often that failed. */
const maker = (module: string, call: string, times: number): string => `
  const module = await import(${JSON.stringify(new URL(module, import.meta.url).href)});
  const [, root] = process.argv;
  let failures = 0;
  let last;
  for (let time = 0; time < ${times}; time += 1) {
    try { await (${call})(module, root + '/a/b/c/d'); } catch (error) { failures += 1; last = error; }
  }
  console.log(failures, last?.message ?? '');
  process.exit();`;

const makers: Readonly<Record<string, string>> = {
  'in this process': maker('../../state/platform/make-directory.js', '(m, d) => m.makeDirectory(d)', 1_500),
  'that survives a power cut': maker('../../state/storage/durable.js', '(m, d) => m.makeDirectory(d)', 40),
  'with private files': maker(
    '../../state/platform/make-directory.js',
    `(m, d) => m.makePrivateDirectory(d, ['x'])`,
    1_500,
  ),
};

describe('a directory that several make at once', function () {
  this.timeout(120_000);
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ensemble-made-at-once-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 10 }));

  for (const [how, text] of Object.entries(makers))
    it(`is made for each of them, though others remove its parents meanwhile: ${how}`, async () => {
      const removers = [1, 2].map(() => spawn('perl', ['-e', remover, root], { stdio: 'ignore' }));
      try {
        const said = await Promise.all(
          [1, 2, 3].map(async () => {
            const child = spawn(process.execPath, ['--input-type=module', '--eval', text, root], {
              stdio: ['ignore', 'pipe', 'inherit'],
            });
            let stdout = '';
            child.stdout.on('data', (chunk) => {
              stdout += chunk;
            });
            await once(child, 'close');
            return stdout.trim();
          }),
        );
        assert.deepEqual(said, ['0', '0', '0']);
      } finally {
        for (const each of removers) each.kill('SIGKILL');
      }
    });

  it('tells which one was made first, and what cannot be made', () => {
    assert.equal(makeDirectory(join(root, 'a', 'b')), join(root, 'a'));
    assert.equal(makeDirectory(join(root, 'a', 'b')), undefined);
    assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o700);
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => makeDirectory(join(root, 'file')), { code: 'EEXIST' });
    assert.throws(() => makeDirectory(join(root, 'file', 'below')), { code: 'ENOTDIR' });
    symlinkSync('nowhere', join(root, 'link'));
    assert.throws(() => makeDirectory(join(root, 'link')), { code: 'EEXIST' });
    assert.throws(() => makeDirectory('/proc/ensemble/below'), { code: 'ENOENT' });
    assert.ok(!existsSync(join(root, 'nowhere')));
  });
});
