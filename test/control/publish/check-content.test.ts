import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { nodeValue } from '../../../state/model/entity.js';
import { requireFormulaRecord } from '../../../state/model/formulas.js';
import { paths } from '../../../state/model/paths.js';
import type { FormulaRecord } from '../../../state/model/service-schemas.js';
import { bundleKey } from '../../../state/storage/key.js';
import { openStorage } from '../../../state/storage/open.js';
import { useSandbox } from '../../cli/sandbox.js';

const one = 'principia:guestbook-1';

describe('a formula whose bundle an earlier release compressed', () => {
  const world = useSandbox();
  let published: FormulaRecord;

  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 1);
    await box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook');
    const coordinator = await box.coordinator();
    const { storageKey, ...record } = await requireFormulaRecord(coordinator, one);
    const storage = await openStorage(`file:${box.home}/local/storage`);
    const stored = await readFile(join(box.home, 'local/storage', storageKey));
    const compressed = gzipSync(gunzipSync(stored));
    assert.ok(compressed.length < stored.length);
    const sha256 = createHash('sha256').update(compressed).digest('hex');
    published = { ...record, sha256, size: compressed.length, storageKey: bundleKey(sha256) };
    const bundle = join(box.directory, 'compressed.tar.gz');
    await writeFile(bundle, compressed);
    await storage.put(published.storageKey, bundle);
    storage.close();
    await coordinator.set(paths.formula(one), nodeValue(published));
  });

  it('is the same formula while its files are, and keeps its bundle', async () => {
    const { box } = world;
    await box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook', 'other');
    await box.ok('upgrade-formula', '--no-wait', 'guestbook');
    await box.ok('upgrade-formula', '--dry-run', 'guestbook');
    assert.deepEqual(await requireFormulaRecord(await box.coordinator(), one), published);
  });

  it('is another formula once a file of it is', async () => {
    const { box } = world;
    await box.file('principia/guestbook-1/README', 'changed');
    for (const args of [
      ['deploy', '--repository', 'principia', 'guestbook', 'other'],
      ['upgrade-formula', 'guestbook'],
      ['upgrade-formula', '--dry-run', 'guestbook'],
    ])
      assert.match((await box.run(...args)).stderr, /guestbook-1 is not the principia:guestbook-1 that was/);
  });
});
