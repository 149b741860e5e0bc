import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneAll } from '../../control/prune/prune.js';
import { paths } from '../../state/model/paths.js';
import { StorageUnreachable } from '../../state/storage/errors.js';
import { openStorage } from '../../state/storage/open.js';
import { useSandbox } from './sandbox.js';

describe('ensemble prune', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const bundles = async (): Promise<number> =>
    (await readdir(join(world.box.home, 'local/storage/bundles')).catch(() => [])).length;

  /** Service `guestbook`, without units, on revision 4 of as many. */
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 1);
    await box.ok('deploy', '--repository', 'principia', '--units', '0', 'guestbook');
    for (const revision of [2, 3, 4]) {
      await box.formula('guestbook', revision);
      await box.ok('upgrade-formula', 'guestbook');
    }
  });

  it('says what would go and then removes it, formulas and their bundles, and nothing that is needed', async () => {
    const { box } = world;
    assert.equal(await bundles(), 4);
    const nothing = await box.ok('prune', '--keep', '4');
    assert.equal(nothing.stdout, 'nothing to prune\n');
    const [dry, wet] = [
      ['prune', '--dry-run', '--keep', '1'],
      ['prune', '--keep', '0', '--format', 'json'],
    ];
    const would = await box.ok(...dry);
    assert.match(would.stdout, /^WOULD GO +NAME *\nformula +principia:guestbook-1 +\d+ bytes\n$/);
    assert.equal(await bundles(), 4, 'nothing is removed');
    const gone = JSON.parse((await box.ok(...wet)).stdout);
    const { bytes } = gone.formulas['principia:guestbook-1'];
    assert.deepEqual(gone, {
      dryRun: false,
      formulas: { 'principia:guestbook-1': { bytes, bundle: 'removed' } },
      objects: [],
      histories: [],
      logs: [],
      marks: [],
      tombstones: [],
    });
    assert.equal(await bundles(), 3);
    await box.ok('revert-formula', 'guestbook');
    await box.ok('revert-formula', 'guestbook');
    await box.ok('deploy', '--repository', 'principia', '--units', '0', 'guestbook-1', 'another');
    assert.equal(await bundles(), 4, 'what was pruned can be published again');
  });

  it('removes histories of services and logs of machines that are gone', async () => {
    const { box } = world;
    await box.ok('destroy-service', 'guestbook');
    const coordinator = await box.coordinator();
    for (const path of [paths.machineLogs('m9'), paths.logSegment('m9', 1)])
      await coordinator.create(path, '{}');
    const { histories } = JSON.parse((await box.ok('prune', '--dry-run', '--format', 'json')).stdout);
    assert.deepEqual(histories, [], 'it is of today');
    const gone = JSON.parse((await box.ok('prune', '--history-days', '0', '--format', 'json')).stdout);
    assert.deepEqual([gone.histories, gone.logs], [['guestbook'], ['m9']]);
    assert.equal(await coordinator.get(paths.serviceHistory('guestbook')), undefined);
    assert.equal(await coordinator.get(paths.machineLogs('m9')), undefined);
    assert.ok(await coordinator.get(paths.serviceNumbers('guestbook')), 'no number is used twice');
  });

  it('remembers the bundles that the storage did not remove', async () => {
    const { box } = world;
    const coordinator = await box.coordinator();
    const storage = await openStorage(`file:${box.home}/local/storage`);
    const away = {
      ...storage,
      remove: () =>
        Promise.reject(new StorageUnreachable({ storage: 'file:/x', key: 'k', reason: 'it is away' })),
    };
    const environment = { name: 'local', state: '', storage: '' };
    const options = { keep: 0, historyDays: 30 };
    await assert.rejects(
      pruneAll({ environment, coordinator, storage: async () => away as never }, options),
      {
        code: 'prune-incomplete',
        message: /^1 bundle of pruned formulas could not be removed from the storage: .*it is away/,
      },
    );
    assert.equal(await bundles(), 4);
    const later = await box.ok('prune');
    assert.match(
      later.stdout,
      /^GONE .*\nobject +bundles\/\S+\.0\.tar\.gz +left by a pruning that was interrupted\n$/,
    );
    assert.equal(await bundles(), 3);
    assert.equal((await box.ok('prune')).stdout, 'nothing to prune\n');
    storage.close();
  });
});
