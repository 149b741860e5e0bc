import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { open } from 'lmdb';
import { JournalTooNew } from '../../agent/contract/errors.js';
import { openJournal } from '../../agent/journal/journal.js';
import { newRecord } from '../../agent/journal/record.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { readUnitState } from '../../control/status/snapshot.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { chooseSeed } from '../random.js';

/** Anything, and records of `unit` that are sound but for one field; none of a later release. */
function anyRecord(unit: string): fc.Arbitrary<string> {
  const whole = newRecord(unit, 'f', '2026-01-01T00:00:00Z');
  const key = fc.constantFrom(...Object.keys(whole).filter((name) => name !== 'version'));
  return fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(key, fc.jsonValue()).map(([name, value]) => JSON.stringify({ ...whole, [name]: value })),
  );
}

describe('a journal with anything in it', () => {
  const seed = chooseSeed();
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  it(`is read, or the unit is named, and all the others are read; nothing is touched (SEED=${seed})`, async function () {
    this.timeout(120_000);
    const whole = newRecord('f/0', 'f', '2026-01-01T00:00:00Z');
    const store = open<string, string>({ path: directory, encoding: 'string', maxDbs: 4 });
    const units = store.openDB<string, string>({ name: 'units', encoding: 'string' });
    await units.put('g/0', JSON.stringify(newRecord('g/0', 'g', '2026-01-01T00:00:00Z')));
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
            const { units: read, damaged } = journal.load();
            assert.deepEqual([...read, ...damaged].map(({ unit }) => unit).sort(), ['f/0', 'g/0']);
            assert.ok(read.some(({ unit }) => unit === 'g/0'));
          } catch (error) {
            assert.ok(error instanceof JournalTooNew, String(error));
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

  it(`ends no agent, and stops no unit beside those it is about (SEED=${seed})`, async function () {
    this.timeout(120_000);
    const world = await World.open();
    try {
      const one = await world.publish(1, { config: 'options:\n  title: {type: string}\n' });
      const units = await world.deploy(one, 10);
      await world.deploy(one, 1, 'g');
      const first = await world.agentProcess();
      for (const unit of [...units, 'g/0']) await world.untilOn(one, unit);
      await first.kill();
      const path = world.path('machines', 'm0', 'journal');
      const store = open<string, string>({ path, encoding: 'string', maxDbs: 4 });
      const records = store.openDB<string, string>({ name: 'units', encoding: 'string' });
      const values = units.map((unit, index) => {
        const [value = ''] = fc.sample(anyRecord(unit), { seed: seed + index, numRuns: 1 });
        return [unit, value] as const;
      });
      for (const [unit, value] of values) await records.put(unit, value);
      await store.close();
      const agent = await world.agentProcess();
      await setConfigValues(world.coordinator, 'g', { title: 'mine' });
      await eventually(async () =>
        assert.deepEqual((await world.trace('g/0')).slice(3), ['config-changed 1'], JSON.stringify(values)),
      );
      assert.equal(agent.stderr(), '', 'nothing went unheard');
    } finally {
      await world.close();
    }
  });
});

describe('a unit whose journal is damaged', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** Writes over a record of the journal, as a disk that loses data does. */
  async function damage(unit: string): Promise<void> {
    const store = open<string, string>({
      path: world.path('machines/m0/journal'),
      encoding: 'string',
      maxDbs: 4,
    });
    await store.openDB<string, string>({ name: 'units', encoding: 'string' }).put(unit, '{"version":1');
    await store.close();
  }

  it('is not hosted and says so, beside others that are, until an operator has it begin anew', async () => {
    const one = await world.publish(1, {
      hooks: { install: 'echo kept >>"$ENSEMBLE_DATA_DIR/book"', start: 'open-port 80/tcp' },
    });
    let agent = await world.agent();
    await world.deploy(one, 2);
    await world.untilOn(one, 'f/0');
    await world.untilOn(one, 'f/1');
    await agent.stop();
    await damage('f/0');
    agent = await world.agent();
    const { status } = await world.until('config-error');
    assert.match(status.message, /journal .* is damaged at unit f\/0: it is no JSON/);
    assert.match(status.next ?? '', /ensemble resolved --retry f\/0$/);
    const two = await world.publish(2);
    await world.upgrade(two, ['f/0', 'f/1']);
    await world.untilOn(two, 'f/1');
    await agent.stop();
    await world.agent();
    assert.deepEqual(await world.trace(), ['install 1', 'config-changed 1', 'start 1'], 'nothing ran');
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.untilOn(two);
    assert.deepEqual((await world.trace()).slice(3), ['install 2', 'config-changed 2', 'start 2']);
    assert.equal(await readFile(world.unitPath('f/0', 'data', 'book'), 'utf8'), 'kept\n');
  });

  it('can be removed', async () => {
    const one = await world.publish(1);
    const agent = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    await agent.stop();
    await damage('f/0');
    await world.agent();
    await world.until('config-error');
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await eventually(async () => assert.equal(await readUnitState(world.coordinator, 'f/0'), undefined));
  });
});
