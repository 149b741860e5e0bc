import assert from 'node:assert/strict';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { mendStore } from '../../state/coordination/embedded/mend.js';
import { StateDamaged } from '../../state/coordination/errors.js';
import { lmdbDamage } from '../../state/platform/lmdb-damage.js';
import { useSandbox } from '../cli/sandbox.js';

const PAGE = 4_096;

/** A record of the list of free pages: where in the file its words are, and how many. */
interface FreeRecord {
  readonly at: number;
  readonly words: number;
}

/** Of a list that is one leaf page: by commit, the oldest first. */
function freeRecords(file: Buffer): readonly FreeRecord[] {
  const meta = file.readBigUInt64LE(PAGE + 152) > file.readBigUInt64LE(152) ? PAGE : 0;
  const root = Number(file.readBigUInt64LE(meta + 88)) * PAGE;
  assert.equal(file.readUInt16LE(root + 18) & 2, 2, 'it is a leaf');
  return Array.from({ length: file.readUInt16LE(root + 20) >> 1 }, (_, index) => {
    const at = root + 24 + file.readUInt16LE(root + 24 + 2 * index) + 8 + 8;
    return { at, words: Number(file.readBigUInt64LE(at)) };
  });
}

function pageInUse(file: Buffer): bigint {
  const meta = file.readBigUInt64LE(PAGE + 152) > file.readBigUInt64LE(152) ? PAGE : 0;
  return file.readBigUInt64LE(meta + 136);
}

describe('an embedded state whose pages are used twice', () => {
  const world = useSandbox({ asProcesses: true });
  let data: string;

  beforeEach(async () => {
    const { box } = world;
    await box.ok('bootstrap');
    data = `${box.home}/local/state/data.mdb`;
    const coordinator = await box.coordinator();
    const each = async (act: (index: number) => Promise<unknown>): Promise<void> => {
      for (let index = 0; index < 20; index += 1) await act(index);
    };
    await each((index) => coordinator.create(`/large-${index}`, 'x'.repeat(3 * PAGE)));
    await each((index) => coordinator.remove(`/large-${index}`));
    await each((index) => coordinator.create(`/small-${index}`, `${index}`));
    await coordinator.close();
  });

  /** What was found in a store of this program: the newest record lists a page that an older one has in a run. */
  const listTwice = async (): Promise<void> => {
    const file = await readFile(data);
    const records = freeRecords(file);
    const newest = records.at(-1);
    const runs = records.slice(0, -1).flatMap(({ at, words }) =>
      Array.from({ length: words }, (_, index) => at + 8 * (index + 1))
        .filter((word) => file.readBigInt64LE(word) < -2n)
        .map((word) => ({ first: file.readBigInt64LE(word + 8), count: -file.readBigInt64LE(word) })),
    );
    const [longest] = runs.sort((one, other) => Number(other.count - one.count));
    assert.ok(newest !== undefined && longest !== undefined && longest.count > 20n, 'there is a long run');
    // Its last: of others lmdb does not see it where the run is longer than the page's number.
    file.writeBigInt64LE(longest.first + longest.count - 1n, newest.at + 8);
    await writeFile(data, file);
  };

  it('is sound before', () => {
    assert.equal(lmdbDamage(data), undefined);
  });

  it('is told as that by what writes, is written to no more, and is made anew with all it holds', async () => {
    const { box } = world;
    await listTwice();
    const coordinator = await box.coordinator();
    const isDamaged = (error: unknown): boolean => {
      assert.ok(error instanceof StateDamaged, String(error));
      assert.equal(error.code, 'state-damaged');
      assert.match(error.message, /page \d+ is free since commit \d+, and free since commit \d+/);
      assert.match(String(error.next), /ensemble bootstrap --mend/);
      return true;
    };
    // Large, so that lmdb looks through all that is free.
    await assert.rejects(coordinator.create('/new', 'x'.repeat(3 * PAGE)), isDamaged);
    const broken = await readFile(data);
    await assert.rejects(coordinator.set('/small-1', 'y'), isDamaged);
    assert.equal((await coordinator.get('/small-1'))?.value, '1', 'it is read all the same');
    assert.ok(broken.equals(await readFile(data)), 'nothing was written');
    assert.doesNotMatch((await box.run('status')).stderr, /bootstrapped/);

    const names = await coordinator.children('/');
    await coordinator.close();
    const { stdout, stderr } = await box.ok('bootstrap', '--mend');
    assert.match(
      stdout + stderr,
      /the state was damaged \(page \d+ .+\) and was made anew from the \d+ nodes/,
    );
    assert.match(stdout + stderr, /is ready already/);
    assert.ok(broken.equals(await readFile(`${data}.damaged-1`)), 'it is kept');
    assert.equal(lmdbDamage(data), undefined);
    const mended = await box.coordinator();
    await mended.create('/new', '');
    assert.equal((await mended.get('/small-19'))?.value, '19');
    assert.deepEqual(
      (await mended.children('/'))?.filter((name) => name !== 'new'),
      names,
    );
    await mended.close();
    assert.match((await box.ok('bootstrap', '--mend')).stderr, /is not damaged/);
  });

  it('is told by what writes, in one sentence, without a word of lmdb', async () => {
    const { box } = world;
    await listTwice();
    const { code, stderr } = await box.run('destroy-environment', '--yes');
    assert.equal(code, 1);
    assert.match(stderr, /^ensemble: .*its file is damaged: page \d+ .*\n {2}try: .*--mend\n$/);
  });

  it('is not made anew while a process has it open', async () => {
    const { box } = world;
    await listTwice();
    const coordinator = await box.coordinator();
    const { code, stderr } = await box.run('bootstrap', '--mend');
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`process ${process.pid} has it open`));
    assert.match(stderr, new RegExp(`kill ${process.pid}`));
    await coordinator.close();
    await box.ok('bootstrap', '--mend');
  });

  it('is not made anew while a process has it open whose lock file somebody removed', async () => {
    const { box } = world;
    await listTwice();
    const coordinator = await box.coordinator();
    await rm(`${box.home}/local/state/lock.mdb`);
    const { code, stderr } = await box.run('bootstrap', '--mend');
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`process ${process.pid} has it open`));
    await coordinator.close();
  });

  it('is not made anew without what a process wrote while it was copied', async () => {
    const { box } = world;
    await listTwice();
    // What a commit does last: the other meta page has the next number.
    const commit = async (): Promise<void> => {
      const file = await readFile(data);
      const newest = file.readBigUInt64LE(PAGE + 152) > file.readBigUInt64LE(152) ? PAGE : 0;
      const other = PAGE - newest;
      file.copy(file, other + 24, newest + 24, newest + 160);
      file.writeBigUInt64LE(file.readBigUInt64LE(newest + 152) + 1n, other + 152);
      await writeFile(data, file);
    };
    const mend = mendStore(`embedded:${box.home}/local/state`, commit);
    await assert.rejects(mend, /a process wrote to it while it was copied/);
    assert.notEqual(lmdbDamage(data), undefined, 'it is left as it is');
    assert.match((await box.ok('bootstrap', '--mend')).stderr, /was made anew/);
  });

  it('stays its user’s where root makes it anew', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { box } = world;
    await listTwice();
    await chown(data, 12_345, 54_321);
    await box.ok('bootstrap', '--mend');
    const { uid, gid, mode } = await stat(data);
    assert.deepEqual([uid, gid, mode & 0o777], [12_345, 54_321, 0o600]);
  });

  it('is said to be no store where that is all it is', async () => {
    const { box } = world;
    await writeFile(data, Buffer.alloc(3 * PAGE, 'rubbish'));
    const { code, stderr } = await box.run('bootstrap', '--mend');
    assert.equal(code, 1);
    assert.match(stderr, /its file is no store of lmdb.*\n.*restore a backup/);
    await writeFile(data, '');
    assert.match((await box.ok('bootstrap', '--mend')).stderr, /is not damaged/);
  });

  it('is not made anew from pages that are written over', async () => {
    const { box } = world;
    const file = await readFile(data);
    const root = Number(pageInUse(file)) * PAGE;
    const first = root + 24 + file.readUInt16LE(root + 24);
    const second = root + 24 + file.readUInt16LE(root + 26);
    const treeOf = (node: number): number => node + 8 + file.readUInt16LE(node + 6) + 40;
    file.copy(file, treeOf(second), treeOf(first), treeOf(first) + 8);
    await writeFile(data, file);
    assert.deepEqual(lmdbDamage(data)?.isReadable, false);
    const { code, stderr } = await box.run('bootstrap', '--mend');
    assert.equal(code, 1);
    assert.match(stderr, /page \d+ is in use, and in use.+\n.+restore a backup/);
    assert.ok(file.equals(await readFile(data)), 'it is left as it is');
    await rename(data, `${data}.away`);
  });

  it('counts a page that is in use and free', async () => {
    const file = await readFile(data);
    const [record] = freeRecords(file).slice(-1);
    assert.ok(record !== undefined);
    file.writeBigUInt64LE(pageInUse(file), record.at + 8);
    await writeFile(data, file);
    assert.match(String(lmdbDamage(data)?.reason), /^page \d+ is in use, and free since commit \d+$/);
    assert.equal(lmdbDamage(data)?.isReadable, true);
  });
});
