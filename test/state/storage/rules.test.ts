import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  BucketNotFound,
  ObjectDamaged,
  ObjectKeyInvalid,
  ObjectNotFound,
} from '../../../state/storage/errors.js';
import { fetchObject } from '../../../state/storage/fetch.js';
import type { Storage } from '../../../state/storage/storage.js';
import { makeContent } from './content.js';
import { directoryEngine, type Engine, s3Engine } from './engines.js';

for (const kind of [directoryEngine, s3Engine])
  describe(`a storage in ${kind.name}`, () => {
    let engine: Engine;
    let work: string;
    let storage: Storage;

    before(async () => {
      engine = await kind.start();
    });
    after(() => engine.stop());
    beforeEach(async () => {
      work = await mkdtemp(path.join(tmpdir(), 'ensemble-content-'));
      storage = await engine.open();
    });
    afterEach(async () => {
      storage.close();
      await rm(work, { recursive: true });
    });

    /** A directory to fetch into, and what lies in it. */
    const cache = async (): Promise<{ file: string; names: () => Promise<string[]> }> => {
      const directory = path.join(work, 'cache');
      await mkdir(directory);
      return { file: path.join(directory, 'bundle'), names: () => readdir(directory) };
    };

    describe('put, size and read', () => {
      it('gives back the bytes that were stored', async () => {
        const content = await makeContent(work, 'a', 100_001);
        await storage.put(content.key, content.file);
        assert.equal(await storage.size(content.key), 100_001);
        assert.deepEqual(await buffer(await storage.read(content.key)), content.bytes);
      });

      it('stores an empty file', async () => {
        const content = await makeContent(work, 'empty', 0);
        await storage.put(content.key, content.file);
        assert.equal(await storage.size(content.key), 0);
        assert.equal((await buffer(await storage.read(content.key))).length, 0);
      });

      it('knows no size of an object that was never stored, and cannot read it', async () => {
        const { key } = await makeContent(work, 'never', 1);
        assert.equal(await storage.size(key), undefined);
        await assert.rejects(storage.read(key), (error) => {
          assert.ok(error instanceof ObjectNotFound);
          assert.equal(error.key, key);
          return true;
        });
      });

      it('keeps objects of different keys apart', async () => {
        const one = await makeContent(work, 'one', 10);
        const two = await makeContent(work, 'two', 20);
        await Promise.all([one, two].map(({ key, file }) => storage.put(key, file)));
        assert.deepEqual(await buffer(await storage.read(one.key)), one.bytes);
        assert.deepEqual(await buffer(await storage.read(two.key)), two.bytes);
      });

      it('refuses keys that lead elsewhere', async () => {
        const { file } = await makeContent(work, 'elsewhere', 10);
        for (const key of [
          '../x',
          'a/../../x',
          '/etc/x',
          '',
          'a//b',
          '.unfinished/x',
          'a/.b',
          'a\0b',
          'a b',
          'a\n',
        ]) {
          await assert.rejects(storage.put(key, file), ObjectKeyInvalid, key);
          await assert.rejects(storage.size(key), ObjectKeyInvalid, key);
          await assert.rejects(storage.read(key), ObjectKeyInvalid, key);
        }
      });

      it('names the file when the file to store is not there', async () => {
        const missing = path.join(work, 'missing');
        await assert.rejects(storage.put('bundles/x', missing), { code: 'ENOENT', path: missing });
      });

      it('lets a download that nobody reads be given up', async () => {
        const content = await makeContent(work, 'given up', 3_000_000);
        await storage.put(content.key, content.file);
        (await storage.read(content.key)).destroy();
        const begun = await storage.read(content.key);
        for await (const chunk of begun) {
          assert.ok(chunk.length > 0);
          break;
        }
        assert.ok(begun.destroyed);
      });
    });

    describe('remove', () => {
      it('takes an object away, and no other; what is not there is a success', async () => {
        const one = await makeContent(work, 'one', 10);
        const two = await makeContent(work, 'two', 20);
        await storage.remove(one.key);
        for (const { key, file } of [one, two]) await storage.put(key, file);
        await storage.remove(one.key);
        await storage.remove(one.key);
        assert.equal(await storage.size(one.key), undefined);
        await assert.rejects(storage.read(one.key), ObjectNotFound);
        assert.equal(await storage.size(two.key), 20);
        await storage.put(one.key, one.file);
        assert.deepEqual(await buffer(await storage.read(one.key)), one.bytes);
      });

      it('refuses keys that lead elsewhere', async () => {
        for (const key of ['../x', '/etc/x', '.unfinished/x'])
          await assert.rejects(storage.remove(key), ObjectKeyInvalid, key);
      });
    });

    describe('a second upload', () => {
      it('of the same bytes is a success and does not touch the object', async () => {
        const content = await makeContent(work, 'same', 5000);
        await storage.put(content.key, content.file);
        const before = await engine.fingerprint();
        assert.notEqual(before, '');
        await storage.put(content.key, content.file);
        assert.equal(await engine.fingerprint(), before);
      });

      it('of another size under the same key is refused and the object kept', async () => {
        const content = await makeContent(work, 'kept', 5000);
        const other = await makeContent(work, 'other', 4999);
        await storage.put(content.key, content.file);
        const before = await engine.fingerprint();
        await assert.rejects(storage.put(content.key, other.file), (error) => {
          assert.ok(error instanceof ObjectDamaged);
          assert.deepEqual([error.key, error.expected.size, error.actual.size], [content.key, 4999, 5000]);
          assert.match(error.message, /is damaged: it has 5000 bytes instead of 4999$/);
          return true;
        });
        assert.equal(await engine.fingerprint(), before);
        assert.deepEqual(await buffer(await storage.read(content.key)), content.bytes);
      });

      it('at the same time is fine, eightfold', async () => {
        const content = await makeContent(work, 'eightfold', 1_000_000);
        await Promise.all(Array.from({ length: 8 }, () => storage.put(content.key, content.file)));
        assert.deepEqual(await buffer(await storage.read(content.key)), content.bytes);
      });
    });

    it('that was never set up says so', async () => {
      const nowhere = await engine.openNowhere();
      const { key, file } = await makeContent(work, 'nowhere', 10);
      if (kind === directoryEngine) {
        assert.equal(await nowhere.size(key), undefined);
        await assert.rejects(nowhere.read(key), ObjectNotFound);
      } else {
        await assert.rejects(nowhere.size(key), { code: 'bucket-not-found', bucket: 'nowhere' });
        await assert.rejects(nowhere.read(key), BucketNotFound);
        await assert.rejects(nowhere.put(key, file), BucketNotFound);
      }
      nowhere.close();
    });

    describe('fetchObject', () => {
      it('streams an object of 20 MB to its destination', async () => {
        const content = await makeContent(work, 'large', 20_000_000);
        const { file, names } = await cache();
        await storage.put(content.key, content.file);
        await fetchObject(storage, content.key, content.digest, file);
        assert.ok((await readFile(file)).equals(content.bytes));
        assert.deepEqual(await names(), ['bundle']);
      });

      it('fetches an empty object', async () => {
        const content = await makeContent(work, 'empty', 0);
        const { file } = await cache();
        await storage.put(content.key, content.file);
        await fetchObject(storage, content.key, content.digest, file);
        assert.equal((await readFile(file)).length, 0);
      });

      it('refuses wrong bytes of the right size, and leaves nothing', async () => {
        const content = await makeContent(work, 'right', 70_000);
        const wrong = await makeContent(work, 'wrong', 70_000);
        const { file, names } = await cache();
        await storage.put(content.key, wrong.file);
        await assert.rejects(fetchObject(storage, content.key, content.digest, file), (error) => {
          assert.ok(error instanceof ObjectDamaged);
          assert.deepEqual([error.expected, error.actual], [content.digest, wrong.digest]);
          return true;
        });
        assert.deepEqual(await names(), []);
      });

      it('refuses a truncated object, and leaves nothing', async () => {
        const content = await makeContent(work, 'whole', 70_000);
        const short = path.join(work, 'short');
        await writeFile(short, content.bytes.subarray(0, 69_999));
        const { file, names } = await cache();
        await storage.put(content.key, short);
        await assert.rejects(
          fetchObject(storage, content.key, content.digest, file),
          /is damaged: it has 69999 bytes instead of 70000$/,
        );
        assert.deepEqual(await names(), []);
      });

      it('stops at the first byte too many', async () => {
        const content = await makeContent(work, 'long', 5_000_000);
        const { file, names } = await cache();
        await storage.put(content.key, content.file);
        await assert.rejects(
          fetchObject(storage, content.key, { ...content.digest, size: 1000 }, file),
          /is damaged: it has more than the expected 1000 bytes$/,
        );
        assert.deepEqual(await names(), []);
      });

      it('leaves nothing for an object that is not there', async () => {
        const { key, digest } = await makeContent(work, 'missing', 10);
        const { file, names } = await cache();
        await assert.rejects(fetchObject(storage, key, digest, file), ObjectNotFound);
        assert.deepEqual(await names(), []);
      });

      it('ends with the reason of its signal, and leaves nothing', async () => {
        const content = await makeContent(work, 'aborted', 5_000_000);
        const { file, names } = await cache();
        await storage.put(content.key, content.file);
        const stopping = new Error('the agent stops');
        const abort = new AbortController();
        const fetching = fetchObject(
          abortingAfterFirstChunk(storage, abort, stopping),
          content.key,
          content.digest,
          file,
          { signal: abort.signal },
        );
        await assert.rejects(fetching, stopping);
        assert.deepEqual(await names(), []);
        const { signal } = abort;
        await assert.rejects(fetchObject(storage, content.key, content.digest, file, { signal }), stopping);
      });
    });
  });

/** The storage, but the signal is aborted as soon as a download has begun to flow. */
function abortingAfterFirstChunk(storage: Storage, abort: AbortController, reason: Error): Storage {
  return {
    url: storage.url,
    size: (key) => storage.size(key),
    put: (key, file) => storage.put(key, file),
    remove: (key) => storage.remove(key),
    close: () => storage.close(),
    read: async (key) => {
      const body = await storage.read(key);
      body.once('readable', () => abort.abort(reason));
      return body;
    },
  };
}
