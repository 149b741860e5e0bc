import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeHashed } from '../../../state/storage/write-hashed.js';
import { bytesOf, sha256 } from './content.js';

describe('writeHashed', () => {
  let work: string;
  let file: string;
  let handle: FileHandle;
  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-write-'));
    file = path.join(work, 'file');
    handle = await open(file, 'wx');
  });
  afterEach(async () => {
    await handle.close();
    await rm(work, { recursive: true });
  });

  async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  /** The handle, some of whose methods do something else. */
  const but = (changed: Partial<FileHandle>): FileHandle =>
    new Proxy(handle, {
      get: (target, name) => {
        const found = Reflect.get(changed, name) ?? Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });

  it('writes what comes, however it is cut, and gives its digest', async () => {
    const bytes = bytesOf('write', 20_000_000);
    for (const size of [65_536, 1_048_576, 7_000_000, bytes.length]) {
      await handle.truncate();
      const again = await open(file, 'r+');
      try {
        const digest = await writeHashed(again, cut(bytes, size), { early: true });
        assert.deepEqual(digest, { sha256: sha256(bytes), size: bytes.length });
      } finally {
        await again.close();
      }
      assert.ok((await readFile(file)).equals(bytes));
    }
    assert.deepEqual(await writeHashed(handle, cut(Buffer.alloc(0), 1)), {
      sha256: sha256(Buffer.alloc(0)),
      size: 0,
    });
  });

  it('writes nothing of the chunk that goes beyond the most, and asks for no more', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        given += 1;
        yield Buffer.alloc(1000);
      }
    }
    const { size } = await writeHashed(handle, endless(), { most: 4500 });
    assert.deepEqual([size, given], [5000, 5]);
    assert.equal((await stat(file)).size, 4000);
  });

  it('goes on where the disk took a part only', async () => {
    const bytes = bytesOf('part', 3_000_000);
    const writev: FileHandle['writev'] = async (buffers) => {
      const first = Buffer.from(buffers[0] as Buffer).subarray(0, 1000);
      const { bytesWritten } = await handle.write(first);
      return { bytesWritten, buffers };
    };
    const digest = await writeHashed(but({ writev }), cut(bytes, 65_536));
    assert.equal(digest.sha256, sha256(bytes));
    assert.ok((await readFile(file)).equals(bytes));
  });

  it('does not forget an early flush that failed, though the next would succeed', async () => {
    const broken = Object.assign(new Error('the disk is broken'), { code: 'EIO' });
    let flushes = 0;
    const datasync = async (): Promise<void> => {
      flushes += 1;
      if (flushes === 1) throw broken;
    };
    const bytes = Buffer.alloc(40_000_000);
    await assert.rejects(writeHashed(but({ datasync }), cut(bytes, 1_048_576), { early: true }), broken);
  });

  it('writes nothing any more once it has failed', async () => {
    const reason = new Error('the connection broke');
    let under = 0;
    const writev: FileHandle['writev'] = async (buffers) => {
      under += 1;
      try {
        return await handle.writev(buffers);
      } finally {
        under -= 1;
      }
    };
    async function* breaking(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(3_000_000);
      throw reason;
    }
    await assert.rejects(writeHashed(but({ writev }), breaking()), reason);
    assert.equal(under, 0);
  });
});
