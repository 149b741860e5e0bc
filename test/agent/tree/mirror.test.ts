import assert from 'node:assert/strict';
import { mirrorUnit, type UnitFacts } from '../../../agent/tree/mirror.js';
import { treeWriter } from '../../../agent/tree/tree-writer.js';
import { type Clock, systemClock } from '../../../state/platform/clock.js';
import type { Operation } from '../../../state/coordination/coordinator.js';
import { readEntity } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import { removeUnit } from '../../../state/model/removal.js';
import { type Unit, statusSchema, unitSchema } from '../../../state/model/unit-schemas.js';
import type { WorkflowState } from '../../../state/model/workflow-state.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { TreeFixture } from './tree-fixture.js';

/** What an operation writes; besides, each transaction checks that the unit is still the same life. */
const written = ({ kind, path }: Operation): readonly string[] => (kind === 'check' ? [] : [path]);

describe('the mirror of a unit', () => {
  let tree: TreeFixture;
  let unit: Unit;
  beforeEach(async () => {
    tree = await TreeFixture.open();
    await tree.units(1);
    const found = await readEntity(tree.real, paths.unit('f/0'), unitSchema);
    assert.ok(found);
    unit = found.value;
  });
  afterEach(() => tree.close());

  const mirror = (clock: Clock = systemClock) =>
    mirrorUnit('f/0', tree.mirrored('f/0'), tree.log, () => undefined, clock);
  const facts = (message: string, formula: string | null = null): UnitFacts => ({
    unit: { ...unit, formula },
    status: { state: 'started', since: '2026-01-01T00:00:00Z', message },
  });
  const message = async (): Promise<string | undefined> =>
    (await readEntity(tree.real, paths.status('f/0'), statusSchema))?.value.message;

  it('of facts that change faster than the tree takes them writes the last', async () => {
    const { report } = mirror();
    for (let index = 0; index <= 100; index += 1) report(facts(`${index} of 100`));
    await eventually(async () => assert.equal(await message(), '100 of 100'));
    assert.ok(tree.transactions.length <= 2, `${tree.transactions.length} transactions for 101 reports`);
  });

  it('tells of a step that takes a while, of none that is over by then, and of rest at once', async () => {
    const clock = new ManualClock();
    const { report } = mirror(clock);
    const passing = (state: WorkflowState): UnitFacts => {
      const { unit: of, status } = facts(state);
      return { unit: of, status: { ...status, state } };
    };
    report(passing('upgrading'));
    clock.advance(99);
    report(facts('through'));
    await eventually(async () => assert.equal(await message(), 'through'));
    assert.equal(tree.transactions.length, 1);
    report(passing('configuring'));
    clock.advance(50);
    report(passing('starting'));
    clock.advance(50);
    await eventually(async () => assert.equal(await message(), 'starting'));
    assert.equal(tree.transactions.length, 2);
    report(passing('start-error'));
    await eventually(async () => assert.equal(await message(), 'start-error'));
    assert.equal(tree.transactions.length, 3);
  });

  it('writes no status that names the log before what was logged, also where another one was about to be written', async () => {
    const parts = tree.mirrored('f/0');
    let isLogged = false;
    let isFirst = true;
    const toldEarly: boolean[] = [];
    const { report } = mirrorUnit(
      'f/0',
      {
        ...parts,
        logged: async () => {
          isLogged = true;
        },
        writer: {
          write: (build) => {
            // It fails in the moment in which it is about to be told of what it did before.
            if (isFirst) report(facts('failed; see: ensemble debug-log -i f/0'));
            isFirst = false;
            return parts.writer.write(async (tries) => {
              const operations = await build(tries);
              if (JSON.stringify(operations).includes('debug-log')) toldEarly.push(!isLogged);
              return operations;
            });
          },
        },
      },
      tree.log,
    );
    report(facts('works'));
    await eventually(async () => assert.match((await message()) ?? '', /debug-log/));
    assert.deepEqual(toldEarly, [false]);
  });

  it('writes nothing twice, and of what changed only that', async () => {
    const { report } = mirror();
    report(facts('one'));
    await eventually(async () => assert.equal(await message(), 'one'));
    const before = tree.transactions.length;
    report(facts('one'));
    report(facts('two'));
    await eventually(async () => assert.equal(await message(), 'two'));
    assert.equal(tree.transactions.length, before + 1);
    assert.deepEqual(tree.transactions.at(-1)?.flatMap(written), [paths.status('f/0')]);
  });

  it('takes part in a transaction of others, and does not write that again', async () => {
    const { report, include } = mirror();
    const committed = facts('committed', 'p:f-2');
    await include(committed, async (operations) => {
      await tree.real.transaction(await operations(0));
    });
    report(committed);
    report(facts('after', 'p:f-2'));
    await eventually(async () => assert.equal(await message(), 'after'));
    assert.deepEqual(
      tree.transactions.flatMap((all) => all.flatMap(written)),
      [paths.status('f/0')],
    );
  });

  it('is quiet about a unit that was taken out of the tree, and writes nothing once it is closed', async () => {
    const { report, close } = mirror();
    report(facts('one'));
    await eventually(async () => assert.equal(await message(), 'one'));
    await removeUnit(tree.real, 'f/0');
    report(facts('two'));
    await eventually(() => assert.ok(tree.transactions.length >= 2));
    close();
    const before = tree.transactions.length;
    report(facts('three'));
    // A write that comes later goes through, so the mirror's would have been there.
    await treeWriter(tree.coordinator(), systemClock, Math.random).write(() => [
      { kind: 'check', path: paths.layout },
    ]);
    assert.equal(tree.transactions.length, before + 1);
    assert.deepEqual(tree.logged, []);
  });
});
