import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { JournalDamaged, JournalTooNew } from '../../agent/errors.js';
import { openJournal } from '../../agent/journal/journal.js';
import { newRecord } from '../../agent/journal/record.js';
import { chooseSeed } from '../random.js';

describe('a journal with anything in it', () => {
  const seed = chooseSeed();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  it(`is read, or refused by the name of the unit, untouched (SEED=${seed})`, async function () {
    this.timeout(120_000);
    const whole = newRecord('f/0', 'f', '2026-01-01T00:00:00Z');
    const store = open<string, string>({ path: directory, encoding: 'string', maxDbs: 4 });
    const units = store.openDB<string, string>({ name: 'units', encoding: 'string' });
    const key = fc.constantFrom(...Object.keys(whole));
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.tuple(key, fc.jsonValue()).map(([name, value]) => JSON.stringify({ ...whole, [name]: value })),
    );
    try {
      await fc.assert(
        fc.asyncProperty(text, async (value) => {
          await units.put('f/0', value);
          const journal = openJournal(directory);
          try {
            assert.equal(journal.load().units.length, 1);
          } catch (error) {
            assert.ok(error instanceof JournalDamaged || error instanceof JournalTooNew, String(error));
            if (error instanceof JournalDamaged) assert.equal(error.unit, 'f/0');
          } finally {
            await journal.close();
          }
          assert.equal(units.get('f/0'), value);
        }),
        { seed, numRuns: 150, endOnFailure: true },
      );
    } finally {
      await store.close();
    }
  });
});
