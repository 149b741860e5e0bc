import assert from 'node:assert/strict';
import { watchRequests } from '../../../agent/tree/watch-requests.js';
import type { Observation } from '../../../state/coordination/coordinator.js';
import { paths } from '../../../state/model/paths.js';
import { flagUnits } from '../../../control/upgrade/flag-units.js';
import { noRequests, requestOf, type UnitRequests } from '../../../state/model/requests.js';
import { requireUnit } from '../../../state/model/units.js';
import { eventually } from '../../eventually.js';
import { TreeFixture } from './tree-fixture.js';

const by = { requestedAt: '2026-01-01T00:00:00Z', by: 'tester' };

const life = { unit: 'f/0', incarnation: undefined };

describe('the requests of a unit', () => {
  let tree: TreeFixture;
  let seen: UnitRequests[];
  let observation: Observation;
  beforeEach(async () => {
    tree = await TreeFixture.open();
    await tree.units(1);
    seen = [];
    observation = watchRequests(
      tree.coordinator(),
      life,
      tree.log,
      () => undefined,
      (requests) => seen.push(requests),
    );
  });
  afterEach(async () => {
    observation.close();
    await tree.close();
  });

  const last = (): UnitRequests | undefined => seen.at(-1);
  /** The names of what is asked; nothing while nobody was told anything yet. */
  const asked = (): string[] | undefined => {
    const requests = last();
    return (
      requests && (['upgrade', 'resolved', 'removal'] as const).filter((name) => requests[name] !== undefined)
    );
  };

  it('none: that is told', async () => {
    await eventually(() => assert.deepEqual(asked(), []));
  });

  it('are told as they come, change and go, each with the version to name', async () => {
    await flagUnits(tree.real, ['f/0'], by);
    await eventually(() => assert.deepEqual(last()?.upgrade, { value: by, version: 0 }));
    await flagUnits(tree.real, ['f/0'], { ...by, force: true });
    await eventually(() => assert.deepEqual(last()?.upgrade, { value: { ...by, force: true }, version: 1 }));
    await requestOf(tree.real, paths.removal('f/0'), by);
    await eventually(() => assert.deepEqual(asked(), ['upgrade', 'removal']));
    await tree.real.remove(paths.upgrade('f/0'));
    await eventually(() => assert.deepEqual(asked(), ['removal']));
  });

  it('one that is taken off and made again is seen again', async () => {
    for (let time = 0; time < 3; time += 1) {
      await requestOf(tree.real, paths.resolved('f/0'), { ...by, id: `${time}`, retry: true });
      await eventually(() => assert.equal(last()?.resolved?.value.id, `${time}`));
      await tree.real.remove(paths.resolved('f/0'));
      await eventually(() => assert.deepEqual(asked(), []));
    }
  });

  it('one that is damaged is named in the log and asks nothing', async () => {
    await tree.real.create(paths.upgrade('f/0'), '{"by":3}');
    await eventually(() =>
      assert.match(tree.logged.join('\n'), /error: a node of the state tree cannot be used/),
    );
    assert.deepEqual(asked(), []);
  });

  it('are told no more after it was closed', async () => {
    await eventually(() => assert.deepEqual(asked(), []));
    observation.close();
    const count = seen.length;
    await flagUnits(tree.real, ['f/0'], by);
    const other = watchRequests(
      tree.coordinator(),
      life,
      tree.log,
      () => undefined,
      () => {
        seen.push(noRequests);
        other.close();
      },
    );
    await eventually(() => assert.equal(seen.length, count + 1));
  });

  it('of another life of the name are none of this one, which is told that there is another', async () => {
    let others = 0;
    const own = { unit: 'f/0', incarnation: (await requireUnit(tree.real, 'f/0')).value.incarnation };
    const told: UnitRequests[] = [];
    const other = watchRequests(
      tree.coordinator(),
      own,
      tree.log,
      () => {
        others += 1;
      },
      (requests) => told.push(requests),
    );
    await flagUnits(tree.real, ['f/0'], by);
    await eventually(() => assert.deepEqual(told.at(-1)?.upgrade?.value, by));
    assert.equal(others, 0);
    await tree.real.transaction([
      { kind: 'remove', path: paths.life('f/0', own.incarnation ?? '') },
      { kind: 'create', path: paths.life('f/0', 'abcdefabcdef'), value: '{}' },
    ]);
    await eventually(() => assert.equal(others, 1));
    assert.equal(told.at(-1)?.upgrade, undefined);
    await requestOf(tree.real, paths.removal('f/0'), by);
    await eventually(() => assert.equal(others, 2));
    assert.equal(told.at(-1)?.removal, undefined);
    other.close();
  });
});
