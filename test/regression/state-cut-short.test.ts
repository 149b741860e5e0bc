import assert from 'node:assert/strict';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { open } from 'lmdb';
import { lmdbFault } from '../../state/platform/lmdb-file.js';
import { paths } from '../../state/model/paths.js';
import { useSandbox } from '../cli/sandbox.js';

const PAGE = 4_096;

describe('the file of an lmdb store', () => {
  const world = useSandbox({ asProcesses: true });

  it('of the state, cut short wherever, is refused in one sentence, and ends no command by a signal', async () => {
    const { box } = world;
    await box.bootstrap();
    const coordinator = await box.coordinator();
    const each = async (act: (index: number) => Promise<unknown>): Promise<void> => {
      for (let index = 0; index < 60; index += 1) await act(index);
    };
    // What is read lies at the end of the file, and what leads there, made anew, in pages of before.
    await each((index) => coordinator.create(`/before-${index}`, 'x'.repeat(2 * PAGE)));
    const history = JSON.stringify({ entries: [], padding: 'x'.repeat(2 * PAGE) });
    await each((index) => coordinator.create(paths.serviceHistory(`s${index}`), history));
    await each((index) => coordinator.remove(`/before-${index}`));
    await each((index) => coordinator.set('/', `${index}`));
    await coordinator.close();
    const file = `${box.home}/local/state/data.mdb`;
    const whole = await readFile(file);
    const pages = whole.length / PAGE;
    for (const size of [
      1,
      2 * PAGE,
      3 * PAGE + 7,
      Math.floor(pages / 2) * PAGE,
      (pages - 3) * PAGE,
      whole.length - 1,
    ]) {
      await writeFile(file, whole);
      await truncate(file, size);
      const { code, stderr } = await box.run('history');
      // Pages that are free may be all that was lost.
      if (code === 0 && size > whole.length / 2) continue;
      assert.equal(code, 1, `${size} of ${whole.length} bytes: ${stderr}`);
      assert.match(
        stderr,
        /^ensemble: the coordinator \S+ cannot be reached: \S+ is damaged, or is no store of Ensemble/,
      );
      assert.equal((await stat(file)).size, size, 'it is left as it is');
    }
    await writeFile(file, whole);
    await box.ok('history');
  });

  it('may lack pages at its end that are free, and no others', async () => {
    const directory = `${world.box.directory}/store`;
    const root = open({ path: directory, noSubdir: false, overlappingSync: false, eventTurnBatching: false });
    const table = root.openDB<string, string>({ name: 'table' });
    await table.put('large', 'x'.repeat(20 * PAGE));
    await root.transaction(() => {
      void table.put('passing', 'x'.repeat(100 * PAGE));
      void table.remove('passing');
    });
    await table.put('small', 'x');
    await root.transaction(() => {
      for (let key = 0; key < 2_000; key += 1) void table.put(`passing-${key}`, 'x'.repeat(200));
      for (let key = 0; key < 2_000; key += 1) void table.remove(`passing-${key}`);
    });
    await root.close();
    const file = `${directory}/data.mdb`;
    const { size } = await stat(file);
    const lastPages = [0, PAGE].map(async (meta) =>
      Number((await readFile(file)).readBigUInt64LE(meta + 144)),
    );
    assert.ok(size < (Math.max(...(await Promise.all(lastPages))) + 1) * PAGE, 'it lacks some');
    assert.equal(lmdbFault(file), undefined);
    const again = open({ path: directory, noSubdir: false, overlappingSync: false });
    assert.equal(again.openDB<string, string>({ name: 'table' }).get('large')?.length, 20 * PAGE);
    await again.close();
    for (let cut = size - PAGE; cut > 0; cut -= PAGE) {
      await truncate(file, cut);
      if (cut < 20 * PAGE) assert.notEqual(lmdbFault(file), undefined, `${cut} of ${size} bytes`);
    }
  });
});
