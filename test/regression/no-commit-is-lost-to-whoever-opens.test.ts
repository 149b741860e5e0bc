import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { eventuallyTrue } from '../eventually.js';
import { act, endActors } from '../state/coordination/embedded/acting.js';
import { StoreDirectory } from '../state/coordination/embedded/directory.js';

/** Where lmdb's lock file has the number of the newest commit. */
const COMMIT_AT = 8;

describe('a process that opens the embedded store while another one commits', () => {
  let directory: StoreDirectory;
  let coordinator: Coordinator;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
    coordinator = await directory.open();
    await coordinator.create('/before', 'x');
  });
  afterEach(async () => {
    await endActors();
    await directory.remove();
  });

  // By another process: one that closes the file loses lmdb's locks on it.
  const tell = (program: string): string =>
    execFileSync(process.execPath, ['-e', program, `${directory.path}/state/lock.mdb`], { encoding: 'utf8' });
  const told = (): bigint =>
    BigInt(tell(`console.log(String(fs.readFileSync(process.argv[1]).readBigUInt64LE(${COMMIT_AT})))`));
  /** What lmdb does in a process that saw the newest commit but `commits` of now, and was then kept waiting. */
  const fallBack = (commits: number): void => {
    tell(
      `const file = fs.openSync(process.argv[1], 'r+'); const bytes = Buffer.alloc(8);
       fs.readSync(file, bytes, 0, 8, ${COMMIT_AT});
       bytes.writeBigUInt64LE(bytes.readBigUInt64LE(0) - ${commits}n);
       fs.writeSync(file, bytes, 0, 8, ${COMMIT_AT})`,
    );
  };
  const newest = (): bigint => {
    const data = readFileSync(`${directory.path}/state/data.mdb`);
    const [first, second] = [data.readBigUInt64LE(152), data.readBigUInt64LE(4_096 + 152)];
    if (first > second) return first;
    return second;
  };

  for (const commits of [1, 2, 3, 7]) {
    it(`which saw a commit ${commits} before the newest, undoes none for those who write`, async () => {
      for (let node = 0; node < 10; node += 1) await coordinator.create(`/${node}`, 'x'.repeat(3_000));
      fallBack(commits);
      await coordinator.create('/after', 'x');
      assert.deepEqual(await coordinator.children('/'), [
        ...Array.from({ length: 10 }, (_, node) => `${node}`),
        'after',
        'before',
      ]);
      assert.equal(told(), newest());
    });

    it(`which saw a commit ${commits} before the newest, hides none from those who read`, async () => {
      for (let node = 0; node < 10; node += 1) await coordinator.create(`/${node}`, 'x');
      fallBack(commits);
      const [last] = await coordinator.getMany(['/9']);
      assert.equal(last?.value, 'x');
      assert.equal(told(), newest(), 'and from nobody else then');
      fallBack(commits);
      const command = await directory.open();
      assert.equal((await command.get('/9'))?.value, 'x');
    });
  }

  it('shows observers nothing of before', async () => {
    for (let node = 0; node < 10; node += 1) await coordinator.create(`/${node}`, 'x');
    const seen: (number | undefined)[] = [];
    coordinator.observeChildren('/', (names) => seen.push(names?.length));
    await eventuallyTrue('it is told', () => seen.length === 1);
    fallBack(3);
    await eventuallyTrue('it is set right by itself', () => told() === newest());
    await coordinator.create('/after', 'x');
    await eventuallyTrue('it is told of the next', () => seen.includes(12));
    assert.deepEqual(seen, [11, 12]);
  });

  it('loses nothing and takes no page twice where many do at once', async () => {
    const openers = [1, 2, 3].map(() => act('open', directory.url));
    for (const opener of openers) await opener.said('ready');
    await coordinator.create('/counter', '');
    for (let version = 1; version <= 150; version += 1)
      assert.equal(await coordinator.set('/counter', 'x'.repeat((version * 37) % 9_000)), version);
  });
});
