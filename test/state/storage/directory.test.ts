import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../../state/platform/clock.js';
import {
  DownloadDiskFull,
  StorageAccessDenied,
  StorageFull,
  StorageUnreachable,
  StorageUrlInvalid,
} from '../../../state/storage/errors.js';
import { fetchObject } from '../../../state/storage/fetch.js';
import { openStorage } from '../../../state/storage/open.js';
import { eventually } from '../../eventually.js';
import { makeContent } from './content.js';
import { runModule } from './process.js';

const run = promisify(execFile);

describe('a storage in a directory', () => {
  let work: string;
  let root: string;

  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-directory-'));
    root = path.join(work, 'deep', 'storage');
  });
  afterEach(() => rm(work, { recursive: true }));

  const entries = async (directory: string): Promise<string[]> =>
    (await readdir(directory, { recursive: true })).sort();

  it('is named by an absolute path, with or without slashes before it', async () => {
    assert.equal((await openStorage(`file:${root}`)).url, `file:${root}`);
    assert.equal((await openStorage(`file://${root}/`)).url, `file:${root}`);
    for (const url of ['file:', 'file:storage', 'file:./storage', 'file://host/storage'])
      await assert.rejects(openStorage(url), StorageUrlInvalid, url);
  });

  it('is created by the first upload only, for its user alone', async () => {
    const storage = await openStorage(`file:${root}`);
    const { key, file } = await makeContent(work, 'first', 10);
    assert.equal(await storage.size(key), undefined);
    await assert.rejects(stat(root), { code: 'ENOENT' });
    await storage.put(key, file);
    for (const directory of [root, path.dirname(root), path.join(root, 'bundles')])
      assert.equal((await stat(directory)).mode & 0o777, 0o700, directory);
    assert.deepEqual(await entries(root), ['.unfinished', 'bundles', key]);
  });

  it('stores a file that may only be read', async () => {
    const storage = await openStorage(`file:${root}`);
    const { key, file } = await makeContent(work, 'read only', 10);
    await chmod(file, 0o400);
    await storage.put(key, file);
    assert.equal(await storage.size(key), 10);
  });

  it('says so where a directory stands in the place of an object', async () => {
    const storage = await openStorage(`file:${root}`);
    const { key, file } = await makeContent(work, 'directory', 10);
    await storage.put(key, file);
    await assert.rejects(storage.size('bundles'), { code: 'object-not-a-file' });
  });

  it('names the object’s file when it is damaged', async () => {
    const storage = await openStorage(`file:${root}`);
    const { key, file } = await makeContent(work, 'named', 10);
    await storage.put(key, file);
    await writeFile(path.join(root, key), 'short');
    await assert.rejects(storage.put(key, file), {
      message: `file:${root}/${key} is damaged: it has 5 bytes instead of 10`,
    });
  });

  it('removes uploads that were killed a day ago, and no younger ones', async () => {
    const storage = await openStorage(`file:${root}`, {
      clock: { ...systemClock, now: () => Date.parse('2030-01-02T00:00:00Z') },
    });
    const unfinished = path.join(root, '.unfinished');
    await mkdir(unfinished, { recursive: true });
    for (const [name, time] of [
      ['old', '2029-12-31T23:59:00Z'],
      ['young', '2030-01-01T00:01:00Z'],
    ] as const) {
      await writeFile(path.join(unfinished, name), name);
      await utimes(path.join(unfinished, name), new Date(time), new Date(time));
    }
    const { key, file } = await makeContent(work, 'sweep', 10);
    await storage.put(key, file);
    assert.deepEqual(await readdir(unfinished), ['young']);
  });

  it('says so when a file stands where its directory should', async () => {
    const { key, file } = await makeContent(work, 'file', 10);
    const storage = await openStorage(`file:${file}/below`);
    for (const act of [() => storage.put(key, file), () => storage.size(key), () => storage.read(key)])
      await assert.rejects(act(), (error) => {
        assert.ok(error instanceof StorageUnreachable);
        assert.match(error.message, /\.content is a file, where a directory should be$/);
        return true;
      });
  });

  it('killed in the middle of uploads has whole objects or none under their keys', async function () {
    this.timeout(120_000);
    const { key, file, bytes } = await makeContent(work, 'killed', 60_000_000);
    const before = performance.now();
    const storage = await openStorage(`file:${path.join(work, 'measure')}`);
    await storage.put(key, file);
    const whole = performance.now() - before;
    let caught = 0;
    for (let round = 0; round < 10; round += 1) {
      const directory = path.join(work, `round-${round}`);
      const child = runModule(
        `process.stdout.write('ready'); const storage = await openStorage(${JSON.stringify(`file:${directory}`)});
         await storage.put(${JSON.stringify(key)}, ${JSON.stringify(file)});`,
      );
      // The upload begins when the directory for it appears; then the moment of the kill moves through its course. On a
      // busy machine it may be over before anybody looks.
      await eventually(async () => {
        const begun = await readdir(path.join(directory, '.unfinished'));
        assert.ok(begun.length > 0 || (await stat(path.join(directory, key))).size > 0);
      });
      await new Promise((resolve) => setTimeout(resolve, (whole * round) / 10));
      child.kill();
      await child.ended;
      const stored = await readFile(path.join(directory, key)).catch(() => undefined);
      if (stored === undefined) caught += 1;
      else assert.ok(stored.equals(bytes), `round ${round} left a part of the object`);
      await (await openStorage(`file:${directory}`)).put(key, file);
      assert.ok((await readFile(path.join(directory, key))).equals(bytes));
      await rm(directory, { recursive: true });
    }
    assert.ok(caught > 0, 'no upload was killed before its end');
  });

  describe('on a disk of its own', () => {
    let disk: string;
    beforeEach(async function () {
      if (process.getuid?.() !== 0) this.skip(); // only root may mount a small disk
      disk = path.join(work, 'disk');
      await mkdir(disk);
      const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).then(
        () => true,
        () => false,
      );
      if (!mounted) this.skip(); // a container without the right to mount
    });
    afterEach(() => run('umount', [disk]).catch(() => undefined));

    it('that is full, says so, keeps what is stored, and leaves nothing', async () => {
      const storage = await openStorage(`file:${disk}/storage`);
      const small = await makeContent(work, 'small', 100_000);
      const large = await makeContent(work, 'large', 2_000_000);
      await storage.put(small.key, small.file);
      await assert.rejects(storage.put(large.key, large.file), (error) => {
        assert.ok(error instanceof StorageFull);
        assert.equal(
          error.message,
          `file:${disk}/storage/${large.key} was not stored: the disk of ${disk}/storage is full`,
        );
        return true;
      });
      assert.deepEqual(await entries(`${disk}/storage`), ['.unfinished', 'bundles', small.key]);
    });

    it('that is mounted read-only, says so, and is read all the same', async () => {
      const storage = await openStorage(`file:${disk}/storage`);
      const one = await makeContent(work, 'one', 1000);
      const two = await makeContent(work, 'two', 1000);
      await storage.put(one.key, one.file);
      await run('mount', ['-o', 'remount,ro', disk]);
      await assert.rejects(storage.put(two.key, two.file), (error) => {
        assert.ok(error instanceof StorageAccessDenied);
        assert.match(error.message, /its disk is mounted read-only$/);
        return true;
      });
      await storage.put(one.key, one.file);
      await fetchObject(storage, one.key, one.digest, path.join(work, 'fetched'));
      assert.deepEqual(await readFile(path.join(work, 'fetched')), one.bytes);
    });

    it('full under a download, is told as the download’s, and nothing is left', async () => {
      const storage = await openStorage(`file:${root}`);
      const large = await makeContent(work, 'large', 2_000_000);
      await storage.put(large.key, large.file);
      await assert.rejects(fetchObject(storage, large.key, large.digest, `${disk}/bundle`), (error) => {
        assert.ok(error instanceof DownloadDiskFull);
        assert.equal(error.message, `${disk}/bundle was not downloaded: the disk is full`);
        return true;
      });
      assert.deepEqual(await readdir(disk), []);
    });
  });

  it('of another user is refused in plain words', async function () {
    if (process.getuid?.() !== 0) this.skip(); // only root may become another user
    const storage = await openStorage(`file:${root}`);
    const { key, file } = await makeContent(work, 'other user', 10);
    await storage.put(key, file);
    await chmod(work, 0o755);
    await chown(file, 65534, 65534);
    const { ended } = runModule(
      // Opened first: the other user may not be able to enter the directory that the code is in.
      `const storage = await openStorage(${JSON.stringify(`file:${root}`)});
       process.setgroups([]); process.setgid(65534); process.setuid(65534);
       for (const act of [() => storage.put('bundles/x', ${JSON.stringify(file)}), () => storage.size('bundles/x'),
         () => storage.read(${JSON.stringify(key)})])
         await act().catch((error) => console.log(error.code, error.next));`,
    );
    const above = path.dirname(root);
    const line = `storage-access-denied run the command, or the agent, as root; or let nobody in, as root: chmod o+x ${above}\n`;
    assert.equal((await ended).stdout, line.repeat(3));
  });
});
