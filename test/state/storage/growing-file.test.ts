import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GrowingFile } from '../../../state/storage/growing-file.js';
import { bytesOf } from './content.js';

describe('a growing file', () => {
  let work: string;
  let handle: FileHandle;
  let growing: GrowingFile;
  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'ensemble-growing-'));
    handle = await open(path.join(work, 'file'), 'wx+');
    growing = new GrowingFile(handle);
  });
  afterEach(async () => {
    await handle.close();
    await rm(work, { recursive: true });
  });

  it('gives each byte once, as they come, and ends only when it is told that it is whole', async () => {
    const bytes = bytesOf('growing', 3_500_000);
    const bounds = [0, 1, 1, 700_000, 3_400_000, bytes.length];
    const read: Buffer[] = [];
    let ended = false;
    const reading = (async () => {
      // A copy: a piece holds until the next is asked for.
      for await (const piece of growing.bytes()) read.push(Buffer.from(piece));
      ended = true;
    })();
    for (const [index, end] of bounds.entries()) {
      await handle.write(bytes, bounds[index - 1] ?? 0, end - (bounds[index - 1] ?? 0));
      growing.grown(end);
      // Some come while it reads, some while it waits.
      if (index % 2 === 0) await new Promise(setImmediate);
    }
    // Another read of the same file: by its end the reader had its chance to end too early.
    await handle.read(Buffer.alloc(bytes.length), 0, bytes.length, 0);
    assert.equal(ended, false);
    growing.end();
    await reading;
    assert.ok(Buffer.concat(read).equals(bytes));
  });

  it('breaks off where it stands, though there are bytes that were not read', async () => {
    const reason = new Error('damaged');
    await handle.write(Buffer.alloc(2_000_000));
    growing.grown(2_000_000);
    const pieces = growing.bytes();
    await pieces.next();
    growing.breakOff(reason);
    await assert.rejects(pieces.next(), reason);
  });

  it('breaks off while its reader waits', async () => {
    const reason = new Error('the connection broke');
    const next = growing.bytes().next();
    growing.breakOff(reason);
    await assert.rejects(next, reason);
  });
});
