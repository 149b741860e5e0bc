import assert from 'node:assert/strict';
import { followUnits } from '../../control/progress/follow.js';
import type { Goal } from '../../control/progress/goal.js';
import type { Row } from '../../control/progress/row.js';
import { systemClock } from '../../state/platform/clock.js';
import { paths } from '../../state/model/paths.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a followed unit of an older release', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('is not gone when its agent gives it an incarnation, and is when it has another one after that', async () => {
    const { coordinator } = world;
    const one = await world.publish(1);
    const [name = ''] = await world.deploy(one);
    const { incarnation, ...rest } = JSON.parse((await coordinator.get(paths.unit(name)))?.value ?? '{}');
    const write = (unit: object): Promise<unknown> =>
      coordinator.set(paths.unit(name), JSON.stringify({ ...rest, machine: 'm0', ...unit }));
    await coordinator.create(paths.machine('m0'), '{"hostname":"h"}');
    const agent = { pid: 1, version: '0.1.0', since: '2026-01-01T00:00:00Z', agentId: 'x' };
    await coordinator.create(paths.agent('m0'), JSON.stringify(agent), { ephemeral: true });
    await write({});
    await flagUnits(coordinator, [name], requester);
    const shown: string[] = [];
    const show = (rows: readonly Row[]): void => {
      shown.push(rows.map(({ standing }) => standing).join());
    };
    const goal: Goal = { service: 'f', kind: 'upgraded', formula: one, forced: new Map() };
    const interrupt = new AbortController();
    const following = followUnits(
      { coordinator, clock: systemClock },
      goal,
      [name],
      { show, end: show },
      {
        timeout: undefined,
        interrupt: interrupt.signal,
      },
    );
    await eventually(() => assert.ok(shown.length > 0));
    const before = shown.at(-1);
    assert.notEqual(before, 'gone');
    const seen = shown.length;
    await write({ incarnation });
    await eventually(() => assert.ok(shown.length > seen));
    assert.equal(shown.at(-1), before);
    await write({ incarnation: 'ffffffffffff' });
    await eventually(() => assert.equal(shown.at(-1), 'gone'));
    interrupt.abort();
    await following;
  });
});
