import assert from 'node:assert/strict';
import { zookeeper } from './engines.js';
import { lostNothing, more, NotesSystem, servedBy } from './notes-system.js';

const notes = ['notes/0', 'notes/1', 'notes/2', 'notes/3'] as const;

/** The time in which a unit was on its way, in milliseconds since the epoch. */
interface Journey {
  readonly from: number;
  readonly to: number;
}

describe('a rolling upgrade under traffic, on three machines', function () {
  this.timeout(120_000);
  const engines = zookeeper();
  let system: NotesSystem;

  before(() => engines.start());
  after(() => engines.stop());
  beforeEach(async () => {
    system = await NotesSystem.open(engines);
    for (const machine of ['m0', 'm1', 'm2']) await system.world.agentProcess(machine);
  });
  afterEach(() => system.close());

  /** By the units' own record, from the moment when they were taken on until they ran the new formula. */
  async function journeys(): Promise<readonly Journey[]> {
    return Promise.all(
      notes.map(async (name) => {
        const entries: readonly {
          readonly what: string;
          readonly outcome: string;
          readonly at: string;
          readonly took: number;
        }[] = JSON.parse(await system.operator.does('history', '--format', 'json', name));
        const done = entries.filter(({ what, outcome }) => what === 'upgrade' && outcome === 'done');
        assert.equal(done.length, 1, name);
        const [{ at, took } = { at: '', took: Number.NaN }] = done;
        return { from: Date.parse(at) - took, to: Date.parse(at) };
      }),
    );
  }

  it('takes on no more units at once than it may, and no request fails', async () => {
    await system.deployAll(notes.length);
    const flow = await system.flowing(2);
    await servedBy(flow, ...notes);
    await system.operator.does('upgrade-formula', '--max-parallel', '2', 'notes');
    await more(flow);
    lostNothing(flow);
    const all = await journeys();
    for (const { from } of all) {
      const atOnce = all.filter((other) => other.from <= from && from < other.to).length;
      assert.ok(atOnce <= 2, `${atOnce} at once: ${JSON.stringify(all)}`);
    }
    await servedBy(flow, ...notes);
    await flow.stop();
    lostNothing(flow);
    for (const [name, { formula, state, message }] of Object.entries(await system.units('notes')))
      assert.deepEqual([formula, state, message], ['principia:notes-2', 'started', 'serves the notes'], name);
  });
});
