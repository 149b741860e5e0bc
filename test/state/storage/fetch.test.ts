import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { StorageUnreachable } from '../../../state/storage/errors.js';
import { fetchObject } from '../../../state/storage/fetch.js';
import { openStorage } from '../../../state/storage/open.js';
import type { Storage } from '../../../state/storage/storage.js';
import { bytesOf, type Content, makeContent } from './content.js';

describe('fetchObject', () => {
  let work: string;
  let cache: string;
  let destination: string;
  let content: Content;
  let storage: Storage;
  let reads: number;

  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-fetch-'));
    cache = path.join(work, 'cache');
    destination = path.join(cache, 'bundle');
    await mkdir(cache);
    content = await makeContent(work, 'fetch', 300_000);
    const directory = await openStorage(`file:${work}/storage`);
    await directory.put(content.key, content.file);
    reads = 0;
    storage = reading((key) => directory.read(key));
  });
  afterEach(() => rm(work, { recursive: true }));

  /** A storage for reading, which counts how often it is. */
  const reading = (read: (key: string) => Promise<Readable>): Storage => ({
    url: 'file:/example',
    size: () => Promise.resolve(undefined),
    put: () => Promise.resolve(),
    remove: async () => undefined,
    close: () => undefined,
    read: (key) => {
      reads += 1;
      return read(key);
    },
  });

  it('does not download what is there already', async () => {
    await fetchObject(storage, content.key, content.digest, destination);
    const before = await stat(destination);
    await fetchObject(storage, content.key, content.digest, destination);
    const after = await stat(destination);
    assert.equal(reads, 1);
    assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
  });

  it('replaces what stands there with other bytes, of the same size too', async () => {
    for (const wrong of [bytesOf('wrong', 300_000), Buffer.from('short'), Buffer.alloc(0)]) {
      await writeFile(destination, wrong);
      await fetchObject(storage, content.key, content.digest, destination);
      assert.ok((await readFile(destination)).equals(content.bytes));
    }
    assert.equal(reads, 3);
  });

  it('keeps what stood there when the download fails', async () => {
    await writeFile(destination, 'former');
    const failing = reading(() => Promise.resolve(Readable.from([Buffer.from('other')])));
    await assert.rejects(fetchObject(failing, content.key, content.digest, destination), {
      code: 'object-damaged',
    });
    assert.equal(await readFile(destination, 'utf8'), 'former');
  });

  it('gives a file for its user alone', async () => {
    await fetchObject(storage, content.key, content.digest, destination);
    assert.equal((await stat(destination)).mode & 0o777, 0o600);
  });

  it('eightfold at the same time ends with one whole file', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () => fetchObject(storage, content.key, content.digest, destination)),
    );
    assert.ok((await readFile(destination)).equals(content.bytes));
    assert.deepEqual(await readdir(cache), ['bundle']);
  });

  it('stops reading early when more bytes come than expected', async () => {
    let given = 0;
    const endless = reading(() =>
      Promise.resolve(
        new Readable({
          read() {
            given += 65_536;
            this.push(Buffer.alloc(65_536));
          },
        }),
      ),
    );
    await assert.rejects(fetchObject(endless, content.key, content.digest, destination), {
      code: 'object-damaged',
      actual: {},
    });
    assert.ok(given < 1_000_000, `${given} bytes were read`);
    assert.deepEqual(await readdir(cache), []);
  });

  it('passes the error of a stream on, and leaves nothing', async () => {
    const broken = new StorageUnreachable({
      storage: 'file:/example',
      key: content.key,
      reason: 'the connection broke',
    });
    const breaking = reading(() =>
      Promise.resolve(
        Readable.from(
          (async function* () {
            yield Buffer.alloc(1000);
            throw broken;
          })(),
        ),
      ),
    );
    await assert.rejects(fetchObject(breaking, content.key, content.digest, destination), broken);
    assert.deepEqual(await readdir(cache), []);
  });

  it('does not wait for a storage that does not answer when its signal comes', async () => {
    const stopping = new Error('the agent stops');
    const abort = new AbortController();
    const late = Readable.from([content.bytes]);
    let answer: (body: Readable) => void = () => undefined;
    const slow = reading(() => {
      setImmediate(() => abort.abort(stopping));
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const fetching = fetchObject(slow, content.key, content.digest, destination, { signal: abort.signal });
    await assert.rejects(fetching, stopping);
    answer(late);
    await once(late, 'close');
    assert.deepEqual(await readdir(cache), []);
  });

  it('gives the stream back where the destination cannot be written', async () => {
    const body = Readable.from([content.bytes]);
    const one = reading(() => Promise.resolve(body));
    await assert.rejects(
      fetchObject(one, content.key, content.digest, path.join(work, 'missing', 'bundle')),
      {
        code: 'ENOENT',
      },
    );
    assert.ok(body.destroyed);
  });

  it('leaves nothing of other bytes: not of some changed at their end, too few or too many', async () => {
    const changed = Buffer.from(content.bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    for (const bytes of [
      changed,
      content.bytes.subarray(0, -1),
      Buffer.concat([content.bytes, Buffer.alloc(1)]),
    ]) {
      const giving = reading(() =>
        Promise.resolve(Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)])),
      );
      await assert.rejects(fetchObject(giving, content.key, content.digest, destination), /is damaged/);
      assert.deepEqual(await readdir(cache), []);
    }
  });
});
