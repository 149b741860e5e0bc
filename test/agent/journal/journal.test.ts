import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { openJournal } from '../../../agent/journal/journal.js';
import { newRecord, type UnitRecord } from '../../../agent/journal/record.js';

/** Records as releases wrote them. They are never changed: a journal of any release is read for ever. */
const fixtures = fileURLToPath(new URL('../../../../test/fixtures/journals/', import.meta.url));
const NOW = '2026-01-01T00:00:00.000Z';

describe('the journal', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  /** Puts texts into the store as they are, as an agent of another release would. */
  async function store(texts: Readonly<Record<string, string>>): Promise<void> {
    const opened = open<string, string>({ path: directory, encoding: 'string', noSubdir: false });
    const units = opened.openDB<string, string>({ name: 'units', encoding: 'string' });
    for (const [unit, text] of Object.entries(texts)) await units.put(unit, text);
    await opened.close();
  }

  async function raw(): Promise<Record<string, string>> {
    const opened = open<string, string>({ path: directory, encoding: 'string', noSubdir: false });
    const units = opened.openDB<string, string>({ name: 'units', encoding: 'string' });
    const texts = Object.fromEntries(Array.from(units.getRange(), ({ key, value }) => [key, value]));
    await opened.close();
    return texts;
  }

  it('reads the records of every release, and loses nothing of them', async () => {
    const releases = await readdir(fixtures);
    assert.ok(releases.includes('0.1.0'));
    for (const release of releases) {
      for (const file of await readdir(join(fixtures, release))) {
        const text = await readFile(join(fixtures, release, file), 'utf8');
        const record: UnitRecord = JSON.parse(text);
        await store({ [record.unit]: text });
        const journal = openJournal(directory);
        assert.deepEqual(
          journal.load().units.find(({ unit }) => unit === record.unit),
          record,
          `${release}/${file}`,
        );
        await journal.close();
      }
    }
  });

  it('gives back what was written last, after it was opened anew', async () => {
    const journal = openJournal(directory);
    const record = newRecord('mysql/0', 'mysql', NOW);
    await Promise.all([
      journal.write(record),
      journal.write({ ...record, state: 'installing' }),
      journal.write({ ...record, state: 'starting' }),
      journal.write(newRecord('mysql/1', 'mysql', NOW)),
    ]);
    await journal.remove('mysql/1');
    await journal.close();
    const again = openJournal(directory);
    assert.deepEqual(again.load().units, [{ ...record, state: 'starting' }]);
    await again.close();
  });

  for (const [what, text, reason] of [
    ['no JSON', '{"version":1', 'it is no JSON'],
    ['no record', '[]', ''],
    ['without a version', '{"unit":"mysql/0"}', 'version'],
    [
      'in an unknown state',
      JSON.stringify({ ...newRecord('mysql/0', 'mysql', NOW), state: 'dancing' }),
      'state',
    ],
    [
      'with a field of another type',
      JSON.stringify({ ...newRecord('mysql/0', 'mysql', NOW), ports: '80' }),
      'ports',
    ],
  ] as const) {
    it(`refuses a record that is ${what}, names the unit and leaves it as it is`, async () => {
      await store({ 'mysql/0': text });
      const journal = openJournal(directory);
      const { units, damaged } = journal.load();
      assert.deepEqual(
        [units, damaged.map(({ code, unit }) => [code, unit])],
        [[], [['journal-damaged', 'mysql/0']]],
      );
      assert.match(damaged[0]?.reason ?? '', new RegExp(reason));
      await journal.close();
      assert.deepEqual(await raw(), { 'mysql/0': text });
    });
  }

  it('refuses a record of a newer format untouched, whatever else it holds', async () => {
    const text = JSON.stringify({ version: 2, unit: 'mysql/0', news: true });
    await store({ 'mysql/0': text });
    const journal = openJournal(directory);
    assert.throws(() => journal.load().units, { code: 'journal-too-new', version: 2 });
    await journal.close();
    assert.deepEqual(await raw(), { 'mysql/0': text });
  });
});
