import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followUnits, type Progress } from '../../../control/progress/follow.js';
import type { Row } from '../../../control/progress/row.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { createService } from '../../../state/model/services.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { FakeAgent } from '../../cli/fake-agent.js';

const formula = 'principia:mysql-1';
const goal = { service: 'mysql', kind: 'started', formula, forced: new Map() } as const;

describe('following more units than are watched', () => {
  let directory: string;
  let coordinator: Coordinator;
  let agent: FakeAgent;
  let names: readonly string[];
  let rows: readonly Row[];
  let observed: number;
  let calls: ('observe' | 'read')[];
  let deaf: boolean;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-watch-'));
    coordinator = await openCoordinator(`embedded:${directory}`);
    await bootstrapTree(coordinator);
    agent = await (await new FakeAgent(coordinator).register()).up();
    await createService(coordinator, 'mysql', { formula, repository: { name: 'principia', path: '/p' } }, {});
    names = await addUnits(coordinator, 'mysql', 200, '2026-01-01T00:00:00.000Z');
    rows = [];
    observed = 0;
    calls = [];
    deaf = false;
  });

  afterEach(async () => {
    await coordinator.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  /** The coordinator, counting what is observed at one time, and noting when nodes are observed and read. */
  function counting(): Coordinator {
    return new Proxy(coordinator, {
      get(target, name) {
        if (name === 'observe')
          return (...args: Parameters<Coordinator['observe']>) => {
            const [path, look] = args;
            observed += 1;
            if (path.startsWith('/units/')) calls.push('observe');
            const { close } = target.observe(
              path,
              deaf && path.startsWith('/units/') ? () => undefined : look,
            );
            return {
              close: () => {
                observed -= 1;
                close();
              },
            };
          };
        if (name === 'getMany') calls.push('read');
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  async function follow() {
    const progress: Progress = {
      show(next) {
        rows = next;
      },
      end() {},
    };
    const limits = { timeout: undefined, interrupt: new AbortController().signal };
    const parts = { coordinator: counting(), clock: new ManualClock() };
    const end = followUnits(parts, goal, names, progress, limits);
    await eventually(() => assert.equal(rows.length, names.length));
    return end;
  }

  const standingsAre = (standing: string, count: number): Promise<void> =>
    eventually(() => assert.equal(rows.filter((row) => row.standing === standing).length, count));

  it('has watches on some of those that are under way, and none at its end', async () => {
    const end = follow();
    await eventually(() => assert.ok(observed > 0));
    const most = 3 * 16 + 1;
    for (const name of names) {
      assert.ok(observed <= most, `${observed} nodes are observed`);
      await agent.start(name, formula);
    }
    assert.ok((await end).rows.every(({ standing }) => standing === 'done'));
    assert.equal(observed, 0);
  });

  it('reads them once those are watched, not before', async () => {
    const end = follow();
    await standingsAre('under-way', 200);
    assert.equal(calls.indexOf('read'), 3 * 16);
    for (const name of names) await agent.start(name, formula);
    assert.equal((await end).why, 'settled');
  });

  it('reads them although it hears nothing of them', async () => {
    deaf = true;
    const end = follow();
    await standingsAre('under-way', 200);
    for (const name of names) await agent.start(name, formula);
    assert.equal((await end).why, 'settled');
  });

  it('sees the others change although none of the watched ones does', async () => {
    const end = follow();
    await standingsAre('under-way', 200);
    for (const name of names.slice(150)) await agent.start(name, formula);
    await standingsAre('done', 50);
    for (const name of names.slice(0, 150)) await agent.start(name, formula);
    assert.equal((await end).why, 'settled');
  });

  it('tells of a unit that was done and failed before the others were', async () => {
    const end = follow();
    await standingsAre('under-way', 200);
    await agent.start('mysql/7', formula);
    await standingsAre('done', 1);
    await agent.report('mysql/7', { state: 'config-error', message: 'config-changed exited 1' });
    for (const name of names) if (name !== 'mysql/7') await agent.start(name, formula);
    const { rows: last } = await end;
    assert.deepEqual(
      last.filter(({ standing }) => standing !== 'done').map(({ unit, standing }) => `${unit} ${standing}`),
      ['mysql/7 failed'],
    );
  });
});
