import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { JournalDamaged, JournalTooNew } from '../../agent/errors.js';
import { openJournal } from '../../agent/journal/journal.js';
import { newRecord } from '../../agent/journal/record.js';
import { World } from '../agent/world.js';
import { chooseSeed } from '../random.js';

const whole = newRecord('f/0', 'f', '2026-01-01T00:00:00Z');

/** Anything, and records that are sound but for one field. */
const anyRecord = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .tuple(fc.constantFrom(...Object.keys(whole)), fc.jsonValue())
    .map(([name, value]) => JSON.stringify({ ...whole, [name]: value })),
);

describe('a journal with anything in it', () => {
  const seed = chooseSeed();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it(`is read, or refused by the name of the unit, untouched (SEED=${seed})`, async function () {
    this.timeout(60_000);
    const store = open<string, string>({ path: directory, encoding: 'string', maxDbs: 4 });
    const units = store.openDB<string, string>({ name: 'units', encoding: 'string' });
    try {
      await fc.assert(
        fc.asyncProperty(anyRecord, async (value) => {
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

  it(`is taken up by an agent, or refused in a sentence (SEED=${seed})`, async function () {
    this.timeout(120_000);
    const world = await World.open();
    try {
      const first = await world.agentProcess();
      await first.kill();
      for (const value of fc.sample(anyRecord, { seed, numRuns: 4 })) {
        const store = open<string, string>({
          path: world.path('machines', 'm0', 'journal'),
          encoding: 'string',
          maxDbs: 4,
        });
        await store.openDB<string, string>({ name: 'units', encoding: 'string' }).put('f/0', value);
        await store.close();
        const agent = await world.agentProcess('m0', { up: false });
        const ended = await Promise.race([
          agent.ended(),
          agent.logged(' is up').then(
            () => 'up',
            () => 'mute',
          ),
        ]);
        if (ended === 'up') await agent.kill();
        else assert.equal(ended, 1, agent.stderr());
        const told =
          /^(ensemble-agent: the journal \S+ (is damaged at unit f\/0: |was written by a newer )[^\n]*\n( {2}try: [^\n]*\n)?)?$/;
        assert.match(agent.stderr(), told, value);
      }
    } finally {
      await world.close();
    }
  });
});
