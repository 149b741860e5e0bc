import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { open } from 'lmdb';
import { CoordinatorUnreachable } from '../../../../state/coordination/errors.js';
import { openCoordinator } from '../../../../state/coordination/open.js';
import { StoreDirectory } from './directory.js';

describe('the files of the embedded store', () => {
  let directory: StoreDirectory;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
  });
  afterEach(() => directory.remove());

  const unreachable = (url: string, reason: RegExp): Promise<void> =>
    assert.rejects(openCoordinator(url), (error) => {
      assert.ok(error instanceof CoordinatorUnreachable, String(error));
      assert.match(error.reason, reason);
      assert.equal(error.coordinator, url);
      return true;
    });

  it('the directory is made with its parents, for its user alone', async () => {
    const path = `${directory.path}/some.where/state`;
    const client = await openCoordinator(`embedded:${path}`);
    await client.close();
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    assert.equal((await stat(`${directory.path}/some.where`)).mode & 0o777, 0o700);
  });

  it('a directory whose name has a dot is a directory', async () => {
    const url = `embedded:${directory.path}/state.v1`;
    const first = await openCoordinator(url);
    await first.create('/a', 'x');
    await first.close();
    const second = await openCoordinator(url);
    assert.equal((await second.get('/a'))?.value, 'x');
    await second.close();
    assert.ok((await stat(`${directory.path}/state.v1`)).isDirectory());
  });

  it('one store by two names is one store', async () => {
    const first = await directory.open();
    const second = await openCoordinator(`embedded:${directory.path}/./x/../state`);
    await first.create('/a', 'x');
    assert.equal((await second.get('/a'))?.value, 'x');
    await second.close();
    await first.create('/b', 'closing one leaves the other');
  });

  it('a relative path is refused', async () => {
    for (const url of ['embedded:state', 'embedded:./state', 'embedded:', 'embedded:~/state']) {
      await assert.rejects(openCoordinator(url), { code: 'coordinator-url-invalid', url });
    }
  });

  it('a path below a file says so', async () => {
    await writeFile(`${directory.path}/file`, '');
    await unreachable(
      `embedded:${directory.path}/file/state`,
      /a part of its path is a file, not a directory/,
    );
    await unreachable(`embedded:${directory.path}/file`, /its path is a file, not a directory/);
  });

  it('a read-only file system says so', async function () {
    const disk = await mountDisk(this, `${directory.path}/disk`, 'ro');
    try {
      await unreachable(`embedded:${disk}/state`, /its directory is on a read-only file system/);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('a directory that the system does not let be made says so', async () => {
    await unreachable('embedded:/proc/ensemble/state', /its directory cannot be created/);
  });

  it('a data file that is a directory says so', async () => {
    await mkdir(`${directory.path}/state/data.mdb`, { recursive: true });
    await unreachable(directory.url, /its data file is a directory/);
  });

  const damages: readonly (readonly [string, (healthy: Buffer) => Buffer])[] = [
    ['text', () => Buffer.from('not a store '.repeat(3_000))],
    ['a few bytes', () => Buffer.from('x')],
    ['zeros', (healthy) => Buffer.alloc(healthy.length)],
    ['a first page overwritten', (healthy) => Buffer.concat([Buffer.alloc(4_096), healthy.subarray(4_096)])],
    [
      'a second page overwritten',
      (healthy) => Buffer.concat([healthy.subarray(0, 4_096), Buffer.alloc(60_000)]),
    ],
    ['its head alone', (healthy) => healthy.subarray(0, 8_192)],
  ];
  for (const [title, damage] of damages) {
    it(`a damaged data file is refused and left as it is: ${title}`, async () => {
      const client = await directory.open();
      await client.create('/a', 'x'.repeat(100_000));
      await client.close();
      const data = `${directory.path}/state/data.mdb`;
      const damaged = damage(await readFile(data));
      await writeFile(data, damaged);
      await unreachable(directory.url, /data\.mdb is damaged, or is no store of Ensemble/);
      assert.deepEqual(await readFile(data), damaged);
    });
  }

  it('an empty data file is a new store', async () => {
    await mkdir(`${directory.path}/state`);
    await truncate(`${directory.path}/state/data.mdb`).catch(() =>
      writeFile(`${directory.path}/state/data.mdb`, ''),
    );
    const client = await directory.open();
    await client.create('/a', '');
  });

  it('a store of a later format is refused', async () => {
    const client = await directory.open();
    await client.close();
    const root = open({ path: `${directory.path}/state`, noSubdir: false, overlappingSync: false });
    await root.openDB({ name: 'about' }).put('format', 2);
    await root.close();
    await unreachable(directory.url, /it was written by another version of Ensemble \(its format is 2\)/);
  });

  it('a full disk fails the write, says so, and takes writes again when there is room', async function () {
    const disk = await mountDisk(this, `${directory.path}/disk`, 'size=1500k');
    const client = await openCoordinator(`embedded:${disk}/state`);
    try {
      const value = 'x'.repeat(900_000);
      await client.create('/a', value);
      await client.create('/b', '');
      await assert.rejects(client.set('/b', value), (error) => {
        assert.ok(error instanceof CoordinatorUnreachable);
        assert.match(error.message, /the disk is full/);
        return true;
      });
      assert.deepEqual(await client.get('/b'), { value: '', version: 0, ephemeral: false });
      execFileSync('mount', ['-o', 'remount,size=20m', disk]);
      assert.equal(await client.set('/b', value), 1);
    } finally {
      await client.close();
      execFileSync('umount', [disk]);
    }
  });

  it('clients of one process come and go while others write', async () => {
    const writer = await directory.open();
    await writer.create('/n', '0');
    let writing = true;
    const writes = (async () => {
      while (writing) await writer.set('/n', 'x');
    })();
    for (let at = 0; at < 50; at++) {
      const client = await directory.open();
      await client.create(`/c-${at}`, '', { ephemeral: true });
      await client.close();
    }
    writing = false;
    await writes;
    assert.deepEqual(await writer.children('/'), ['n']);
  });

  it('many stores are open in one process', async () => {
    const urls = Array.from({ length: 40 }, (_, at) => `embedded:${directory.path}/store-${at}`);
    const clients = await Promise.all(urls.map((url) => openCoordinator(url)));
    await Promise.all(clients.map((client, at) => client.create('/n', String(at))));
    const values = await Promise.all(clients.map(async (client) => (await client.get('/n'))?.value));
    assert.deepEqual(
      values,
      urls.map((_, at) => String(at)),
    );
    await Promise.all(clients.map((client) => client.close()));
  });

  it('a path that no caller may ask for is a bug, told as one', async () => {
    const client = await directory.open();
    for (const path of ['', 'a', '/a/', '//', '/a//b', '/a\0', `/${'x'.repeat(2_000)}`]) {
      await assert.rejects(client.get(path), TypeError);
      await assert.rejects(client.create(path, ''), TypeError);
      assert.throws(() => client.observe(path, () => {}), TypeError);
    }
    await client.create(`/${'x'.repeat(1_899)}`, 'the longest');
  });
});

/** Mounts a small disk of its own at `path`; skips the test where this user may not. */
async function mountDisk(test: Mocha.Context, path: string, options: string): Promise<string> {
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    test.skip();
  }
  return path;
}
