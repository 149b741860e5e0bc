import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followUnits, type Progress } from '../../../control/progress/follow.js';
import type { Row } from '../../../control/progress/row.js';
import { summarize } from '../../../cli/follow/summary.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { createService } from '../../../state/model/services.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { FakeAgent } from '../fake-agent.js';

const formula = 'principia:mysql-1';
const goal = { service: 'mysql', kind: 'started', formula, forced: new Map() } as const;

describe('the patience with what keeps units waiting', () => {
  let directory: string;
  let coordinator: Coordinator;
  let agent: FakeAgent;
  let clock: ManualClock;
  let rows: readonly Row[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-follow-'));
    coordinator = await openCoordinator(`embedded:${directory}`);
    await bootstrapTree(coordinator);
    agent = await new FakeAgent(coordinator).register();
    await createService(coordinator, 'mysql', { formula, repository: { name: 'principia', path: '/p' } }, {});
    await addUnits(coordinator, 'mysql', 2, '2026-01-01T00:00:00.000Z');
    clock = new ManualClock();
    rows = [];
  });

  afterEach(async () => {
    await coordinator.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  /** Keeps the rows that were shown last. */
  function remembering(): Progress {
    return {
      show(next) {
        rows = next;
      },
      end() {},
    };
  }

  /** Follows both units; tells whether it ended, since the clock stands still. */
  function follow() {
    let ended = false;
    const progress = remembering();
    const limits = { timeout: undefined, interrupt: new AbortController().signal };
    const end = followUnits({ coordinator, clock }, goal, ['mysql/0', 'mysql/1'], progress, limits);
    void end.finally(() => {
      ended = true;
    });
    return { end, ended: () => ended };
  }

  const standings = (...expected: string[]) =>
    eventually(() =>
      assert.deepEqual(
        rows.map(({ standing }) => standing),
        expected,
      ),
    );

  it('is a second for an agent that was never seen', async () => {
    const { end, ended } = follow();
    await standings('offline', 'offline');
    clock.advance(990);
    await new Promise(setImmediate);
    assert.equal(ended(), false);
    clock.advance(10);
    assert.equal((await end).why, 'settled');
  });

  it('is longer for an agent that goes away, which may be restarting', async () => {
    await agent.up();
    const { end, ended } = follow();
    await standings('under-way', 'under-way');
    await agent.down();
    await standings('offline', 'offline');
    clock.advance(14_000);
    await agent.up();
    await standings('under-way', 'under-way');
    clock.advance(100_000);
    await new Promise(setImmediate);
    assert.equal(ended(), false, 'it came back');
    await agent.start('mysql/0', formula);
    await agent.start('mysql/1', formula);
    assert.deepEqual(
      (await end).rows.map(({ standing }) => standing),
      ['done', 'done'],
    );
  });

  it('is as long for an agent that cannot get the formula, and goes on trying', async () => {
    await agent.up();
    const { end } = follow();
    await standings('under-way', 'under-way');
    const message = 'the storage cannot be reached';
    await agent.report('mysql/0', { state: 'installing', message });
    await agent.start('mysql/1', formula);
    await standings('stuck', 'done');
    clock.advance(15_000);
    const { why, rows: last } = await end;
    assert.equal(why, 'settled');
    const [line, advice] = summarize(goal, { why, rows: last }, 15_000, () => 'ensemble-agent').slice(1);
    assert.equal(line, `mysql/0 cannot go on: installing: ${message}`);
    assert.match(advice ?? '', /its agent goes on trying/);
  });

  it('has no end while another unit is under way', async () => {
    const other = await (await new FakeAgent(coordinator, 'm1').register()).up();
    await addUnits(coordinator, 'mysql', 1, '2026-01-01T00:00:00.000Z', 'm1');
    const progress = remembering();
    const limits = { timeout: undefined, interrupt: new AbortController().signal };
    const end = followUnits({ coordinator, clock }, goal, ['mysql/0', 'mysql/2'], progress, limits);
    await standings('offline', 'under-way');
    clock.advance(1_000_000);
    await other.start('mysql/2', formula);
    await standings('offline', 'done');
    clock.advance(1_000);
    assert.equal((await end).why, 'settled');
  });

  it('ends at the timeout, whatever the units do', async () => {
    await agent.up();
    const progress = remembering();
    const limits = { timeout: 5_000, interrupt: new AbortController().signal };
    const end = followUnits({ coordinator, clock }, goal, ['mysql/0'], progress, limits);
    await standings('under-way');
    clock.advance(5_000);
    assert.equal((await end).why, 'timeout');
  });

  it('follows a thousand units that change at once', async () => {
    await agent.up();
    const names = await addUnits(coordinator, 'mysql', 1_000, '2026-01-01T00:00:00.000Z');
    const progress = remembering();
    const limits = { timeout: undefined, interrupt: new AbortController().signal };
    const end = followUnits({ coordinator, clock }, goal, names, progress, limits);
    await eventually(() => assert.equal(rows.length, 1_000));
    await Promise.all(names.map((name) => agent.start(name, formula)));
    assert.ok((await end).rows.every(({ standing }) => standing === 'done'));
  });
});
