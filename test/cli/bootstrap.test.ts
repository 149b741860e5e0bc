import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { useSandbox } from './sandbox.js';

describe('ensemble bootstrap', () => {
  const world = useSandbox();

  it('writes the first environments file, for this user alone, and says what comes next', async () => {
    const { code, stdout, stderr } = await world.box.run('bootstrap');
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    const file = join(world.box.home, 'environments.yaml');
    assert.match(await readFile(file, 'utf8'), /^default: local\n/);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.ok(stderr.startsWith(`wrote ${file}\nenvironment local is ready\n`), stderr);
    assert.match(stderr, /\n {2}ensemble-agent\n/);
    assert.match(stderr, /\n {2}ensemble deploy --repository DIRECTORY FORMULA\n/);
  });

  it('may be done twice, and by several at once', async () => {
    await world.box.ok('bootstrap');
    const { code, stderr } = await world.box.run('bootstrap');
    assert.equal(code, 0);
    assert.match(stderr, /^environment local is ready already\n/);
    const runs = await Promise.all([1, 2, 3].map(() => world.box.run('bootstrap')));
    assert.deepEqual(
      runs.map((run) => run.code),
      [0, 0, 0],
    );
  });

  it('writes no file for an environment that the file would not have', async () => {
    const { code, stderr } = await world.box.run('bootstrap', '-e', 'production');
    assert.equal(code, 1);
    assert.match(stderr, /^ensemble: there are no environments yet: /);
    await assert.rejects(stat(join(world.box.home, 'environments.yaml')));
    const { ended } = world.box.start(['bootstrap'], { ENSEMBLE_ENV: 'local' });
    assert.equal((await ended).code, 0);
  });

  it('leaves a file that is there as it is', async () => {
    const text = `environments:\n  mine: {state: "embedded:./s", storage: "file:./f"}\n`;
    const file = await world.box.file('home/environments.yaml', text);
    const { stderr } = await world.box.ok('bootstrap');
    assert.match(stderr, /environment mine is ready/);
    assert.equal(await readFile(file, 'utf8'), text);
  });

  it('bootstraps what --state and --storage name, without a file', async () => {
    const urls = ['--state', 'embedded:./elsewhere', '--storage', 'file:./bundles'];
    const before = await world.box.run('status', ...urls);
    assert.equal(before.code, 1);
    assert.match(
      before.stderr,
      /environment adhoc has not been bootstrapped, or its state was moved: .*\n {2}try: ensemble bootstrap --state embedded:/,
    );
    const { stderr } = await world.box.ok('bootstrap', ...urls);
    assert.match(stderr, /environment adhoc is ready/);
    assert.match(stderr, /ensemble-agent --state embedded:\S+elsewhere --storage 'file:/);
    await assert.rejects(stat(join(world.box.home, 'environments.yaml')));
    assert.match(
      stderr,
      /ensemble deploy --state embedded:\S+ --storage \S+ --repository DIRECTORY FORMULA\n/,
    );
    assert.match((await world.box.ok('status', ...urls)).stdout, /^environment adhoc\n/);
  });

  it('fails where the storage cannot be used, and is mended by running it again', async () => {
    await world.box.file(
      'home/environments.yaml',
      'environments:\n  mine: {state: "embedded:./s", storage: "file:./f"}\n',
    );
    const inTheWay = await world.box.file('home/f', 'a file, not a directory');
    const { code, stderr } = await world.box.run('bootstrap');
    assert.equal(code, 1);
    assert.match(stderr, /^ensemble: .*\/home\/f/);
    assert.match((await world.box.run('status')).stderr, /environment mine has not been bootstrapped/);
    const { rm } = await import('node:fs/promises');
    await rm(inTheWay);
    await world.box.ok('bootstrap');
  });
});
