import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type KeptUnits, keepUnits } from '../../../agent/disk/kept-units.js';
import { writeKept } from '../../../agent/disk/kept-record.js';
import { moveAside, unitOfAside } from '../../../agent/disk/put-aside.js';
import { openLog } from '../../../agent/contract/log.js';
import { ManualClock } from '../../manual-clock.js';
import { eventually } from '../../eventually.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LIFE = '3f9a01c2d4e5';

describe('what removed units left', () => {
  let root: string;
  let clock: ManualClock;
  let keepRemoved: number;
  let told: number;
  const running: KeptUnits[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ensemble-kept-'));
    clock = new ManualClock(2 * HOUR);
    keepRemoved = 7 * DAY;
    told = 0;
  });
  afterEach(async () => {
    for (const kept of running.splice(0)) await kept.close();
    await rm(root, { recursive: true, force: true });
  });

  function open(boot = 'a'): KeptUnits {
    const kept = keepUnits(
      { root, units: join(root, 'units') },
      {
        clock,
        log: openLog(
          () => undefined,
          'json',
          () => clock.now(),
          false,
        ),
        boot,
        keepRemoved: () => keepRemoved,
        told: () => {
          told += 1;
        },
      },
    );
    running.push(kept);
    return kept;
  }

  /** Makes a unit's directory with 1,000 bytes of data. */
  async function unit(number: number, units = join(root, 'units')): Promise<string> {
    const directory = join(units, `db-${number}`);
    await mkdir(join(directory, 'data'), { recursive: true });
    await writeFile(join(directory, 'data', 'book'), 'x'.repeat(1_000));
    return directory;
  }

  const leaving = (number: number, forGood = false) => ({
    unit: `db/${number}`,
    incarnation: LIFE,
    at: clock.now(),
    forGood,
  });

  async function keep(kept: KeptUnits, number: number, forGood = false): Promise<string> {
    const found = await kept.putAside(await unit(number), leaving(number, forGood));
    assert.ok(found);
    return found.directory;
  }

  it('is named by unit, time and incarnation, and counted once', async () => {
    const kept = open();
    const directory = await keep(kept, 0);
    assert.equal(directory, join(root, 'removed', `db-0-2026-01-01T000000000Z-${LIFE}`));
    assert.deepEqual(unitOfAside(`db-0-2026-01-01T000000000Z-${LIFE}`), {
      unit: 'db/0',
      incarnation: LIFE,
      removedAt: '2026-01-01T00:00:00.000Z',
    });
    await writeFile(join(directory, 'data', 'more'), 'y'.repeat(50));
    assert.deepEqual(kept.summary(), { units: 1, bytes: 1_000, until: '2026-01-08T00:00:00.000Z' });
    assert.ok(told > 0);
  });

  it('goes when its time is over, and not before, whatever the clock says', async () => {
    const kept = open();
    const directory = await keep(kept, 0);
    await kept.look();
    for (const jump of [300 * DAY, -300 * DAY]) {
      clock.setWallClock(clock.now() + jump);
      await kept.look();
      assert.ok(existsSync(directory));
    }
    clock.advance(7 * DAY - 1_000);
    await kept.look();
    assert.ok(existsSync(directory));
    clock.advance(2_000);
    await eventually(() => assert.ok(!existsSync(directory)));
    await eventually(() => assert.deepEqual(kept.summary(), { units: 0, bytes: 0 }));
    assert.deepEqual(await readdir(join(root, 'kept')), []);
  });

  it('goes at the next start where no agent was there when it was due', async () => {
    const first = open();
    const directory = await keep(first, 0);
    await first.close();
    clock.advance(8 * DAY);
    await open().look();
    assert.ok(!existsSync(directory));
  });

  it('waits for an hour after a boot, as the clock may not be set yet', async () => {
    const first = open();
    const directory = await keep(first, 0);
    await first.close();
    clock = new ManualClock(60_000, Date.UTC(2099, 0, 1));
    const second = open('b');
    await second.look();
    assert.ok(existsSync(directory));
    // It is set by then.
    clock.setWallClock(Date.UTC(2026, 0, 3));
    clock.advance(HOUR);
    await second.look();
    assert.ok(existsSync(directory));
    assert.equal(second.summary().until, '2026-01-08T00:00:00.000Z');
    clock.advance(5 * DAY);
    await eventually(() => assert.ok(!existsSync(directory)));
  });

  it('follows the environment, whose word may change', async () => {
    const kept = open();
    const directory = await keep(kept, 0);
    const dear = await keep(kept, 1, true);
    clock.advance(DAY);
    keepRemoved = 30 * DAY;
    await kept.look();
    assert.equal(kept.summary().until, '2026-01-31T00:00:00.000Z');
    keepRemoved = 0;
    await kept.look();
    assert.ok(!existsSync(directory), '0 keeps nothing');
    assert.ok(existsSync(dear), 'but what is kept for good');
    assert.deepEqual(kept.summary(), { units: 1, bytes: 1_000 });
  });

  it('of a release without notes is kept for good, and counted', async () => {
    const name = `db-0-2025-01-01T000000000Z-${LIFE}`;
    await mkdir(join(root, 'removed'), { recursive: true });
    await rename(await unit(0), join(root, 'removed', name));
    await mkdir(join(root, 'removed', 'notes of the operator'));
    const kept = open();
    await kept.look();
    clock.advance(300 * DAY);
    await kept.look();
    assert.deepEqual(kept.summary(), { units: 1, bytes: 1_000 });
    assert.ok(existsSync(join(root, 'removed', name)));
  });

  it('is forgotten where somebody took it', async () => {
    const kept = open();
    await rename(await keep(kept, 0), join(root, 'taken'));
    await kept.look();
    assert.deepEqual(kept.summary(), { units: 0, bytes: 0 });
    assert.ok(existsSync(join(root, 'taken', 'data', 'book')));
  });

  it('is removed by unit, or named only', async () => {
    const kept = open();
    const [zero, one] = [await keep(kept, 0), await keep(kept, 1)];
    const named = await kept.prune({ dryRun: true });
    assert.deepEqual(
      named.map(({ unit: name, directory }) => [name, directory]),
      [
        ['db/0', zero],
        ['db/1', one],
      ],
    );
    assert.equal((await kept.prune({ unit: 'db/1' })).length, 1);
    assert.deepEqual([existsSync(zero), existsSync(one)], [true, false]);
    assert.equal(kept.summary().units, 1);
  });

  it('is removed to its end where that was interrupted', async () => {
    const kept = open();
    const directory = await keep(kept, 0, true);
    const [note = ''] = await readdir(join(root, 'kept'));
    const record = JSON.parse(await readFile(join(root, 'kept', note), 'utf8'));
    await kept.close();
    await writeKept(join(root, 'kept'), note.replace('.json', ''), { ...record, going: true });
    await open().look();
    assert.ok(!existsSync(directory));
  });

  it('stays on its file system, where that is another one, with a link to it', async () => {
    const elsewhere = await mkdtemp('/dev/shm/ensemble-kept-');
    try {
      await symlink(elsewhere, join(root, 'units'));
      const kept = open();
      const directory = await keep(kept, 0);
      const name = `db-0-2026-01-01T000000000Z-${LIFE}`;
      assert.equal(directory, join(root, 'units', '.removed', name));
      assert.equal((await readFile(join(root, 'removed', name, 'data', 'book'))).length, 1_000);
      await kept.look();
      assert.deepEqual(kept.summary(), { units: 1, bytes: 1_000, until: '2026-01-08T00:00:00.000Z' });
      await kept.prune({});
      assert.deepEqual(await readdir(elsewhere), []);
      assert.deepEqual(await readdir(join(root, 'removed')), []);
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it('stays in its directory, where that is a mount point, and may be put aside twice', async () => {
    const directory = await unit(0);
    const removed = join(root, 'removed');
    const busy = async (from: string, to: string): Promise<void> => {
      if (from === directory) throw Object.assign(new Error('busy'), { code: 'EBUSY' });
      await rename(from, to);
    };
    const place = await moveAside(removed, directory, 'a', busy);
    assert.equal(place, join(directory, '.removed', 'a'));
    assert.equal(await moveAside(removed, directory, 'a', busy), place);
    assert.deepEqual(await readdir(directory), ['.removed']);
    assert.ok(existsSync(join(removed, 'a', 'data', 'book')));
    assert.equal(await moveAside(removed, directory, 'b', busy), undefined, 'there is nothing left');
  });

  it('goes to its end where its name says that it is going, also without a note', async () => {
    const kept = open();
    const [zero, one] = [await keep(kept, 0, true), await keep(kept, 1, true)];
    await kept.close();
    await rename(zero, `${zero}.going`);
    await rename(one, `${one}.going`);
    await rm(join(root, 'kept', `${basename(one)}.json`));
    await open().look();
    assert.deepEqual(await readdir(join(root, 'removed')), []);
    assert.deepEqual(await readdir(join(root, 'kept')), []);
  });

  it('is left where the agent ends while it prunes, and the next one goes on', async () => {
    const kept = open();
    for (const number of [0, 1]) {
      const directory = await keep(kept, number, true);
      for (let file = 0; file < 3_000; file += 1) await writeFile(join(directory, `f${file}`), '');
    }
    // It ends while the first of them goes.
    const pruned = kept.prune({});
    while (!(await readdir(join(root, 'removed'))).some((name) => name.endsWith('.going')))
      assert.ok((await readdir(join(root, 'removed'))).length > 0);
    await kept.close();
    const reasons = (await pruned).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['the agent ended meanwhile; the next one goes on']);
    const left = await readdir(join(root, 'removed'));
    assert.equal(left.length, 2, left.join());
    await open().look();
    assert.equal((await readdir(join(root, 'removed'))).length, 1, 'nobody asked the next one for the other');
  });

  it('is not forgotten where its note cannot be read for now', async () => {
    const first = open();
    const directory = await keep(first, 0);
    await first.close();
    const note = join(root, 'kept', `${basename(directory)}.json`);
    await rename(note, `${note}.aside`);
    // A read of it fails with EISDIR.
    await mkdir(note);
    const second = open();
    await second.look();
    await rm(note, { recursive: true });
    await rename(`${note}.aside`, note);
    await second.look();
    assert.equal(second.summary().until, '2026-01-08T00:00:00.000Z');
  });

  it('is not forgotten where its disk is not mounted', async () => {
    const elsewhere = await mkdtemp('/dev/shm/ensemble-kept-');
    try {
      await symlink(elsewhere, join(root, 'units'));
      const kept = open();
      await keep(kept, 0);
      await rename(join(elsewhere, '.removed'), join(elsewhere, 'unmounted'));
      await kept.look();
      assert.equal(kept.summary().units, 1);
      assert.match((await kept.prune({}))[0]?.reason ?? '', /may not be mounted/);
      await rename(join(elsewhere, 'unmounted'), join(elsewhere, '.removed'));
      assert.equal((await kept.prune({}))[0]?.reason, undefined);
      assert.deepEqual(await readdir(elsewhere), []);
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it('is in one place where moving it within itself was interrupted, and is done again at another time', async () => {
    const from = await unit(0);
    const begun = join(from, '.removed', `db-0-2025-12-31T000000000Z-${LIFE}`);
    await mkdir(join(begun, 'log'), { recursive: true });
    const found = await open().putAside(from, leaving(0, true));
    assert.equal(found?.directory, begun);
    assert.deepEqual((await readdir(begun)).sort(), ['data', 'log']);
  });

  it('goes with what a link in the place of its directory leads to, but not with what another unit has there', async () => {
    const elsewhere = await mkdtemp('/dev/shm/ensemble-kept-');
    try {
      await mkdir(join(root, 'units'));
      const kept = open();
      const linked = async (number: number, at = number): Promise<string> => {
        const target = await unit(at, elsewhere);
        await symlink(target, join(root, 'units', `db-${number}`));
        return target;
      };
      const target = await linked(0);
      const found = await kept.putAside(join(root, 'units', 'db-0'), leaving(0));
      assert.deepEqual([found?.directory, found?.bytes], [target, 1_000]);
      assert.deepEqual(await readdir(join(root, 'units')), []);
      await kept.look();
      assert.equal(kept.summary().units, 1);
      assert.equal((await kept.prune({}))[0]?.reason, undefined);
      assert.deepEqual(await readdir(elsewhere), []);

      await linked(1);
      await kept.discard(join(root, 'units', 'db-1'), leaving(1));
      assert.deepEqual([await readdir(elsewhere), await readdir(join(root, 'units'))], [[], []]);

      await linked(2);
      await linked(3, 2);
      await assert.rejects(kept.discard(join(root, 'units', 'db-2'), leaving(2)), /where .* is too/);
      await kept.putAside(join(root, 'units', 'db-2'), leaving(2));
      assert.match((await kept.prune({}))[0]?.reason ?? '', /where .* is too; remove it by hand/);
      assert.deepEqual(await readdir(elsewhere), ['db-2']);
    } finally {
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it('is discarded at once, also where putting it aside had begun', async () => {
    const kept = open();
    const directory = await keep(kept, 0);
    await kept.discard(join(root, 'units', 'db-0'), leaving(0));
    assert.ok(!existsSync(directory));
    await kept.discard(await unit(1), leaving(1));
    assert.deepEqual(await readdir(join(root, 'units')), []);
    assert.deepEqual(kept.summary(), { units: 0, bytes: 0 });
  });
});
