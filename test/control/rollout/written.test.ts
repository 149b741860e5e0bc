import assert from 'node:assert/strict';
import { flagOperations } from '../../../control/rollout/written.js';
import type { Entity } from '../../../state/model/entity.js';
import { parseEntity } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import { beginRollout, guardOf, type Rollout, rolloutSchema } from '../../../state/model/rollout.js';
import { MemoryTree } from '../../simulation/memory-tree.js';
import { SimUnit } from '../../simulation/sim-unit.js';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse(at);
const plan = {
  from: 'principia:web-1',
  to: 'principia:web-2',
  revertTo: 'principia:web-1',
  by: 'ann@host',
  requestedAt: at,
  parameters: {},
  state: 'running',
  stateSince: at,
  countedFrom: at,
};
const units = ['web/0', 'web/1'].map((name) => new SimUnit(name, plan.from, now, () => 'ok').seen(undefined));

function read(tree: MemoryTree): Entity<Rollout> {
  const found = parseEntity(paths.rollout('web'), rolloutSchema, tree.get(paths.rollout('web')));
  assert.ok(found);
  return found;
}

describe('what the drivers of a rollout write', () => {
  let tree: MemoryTree;

  beforeEach(() => {
    tree = new MemoryTree();
    assert.ok(tree.transaction(beginRollout('web', undefined, plan).operations));
  });

  it('applies for one of two that decided by the same reading, though they ask other units', () => {
    const seen = read(tree);
    assert.ok(tree.transaction(flagOperations('web', seen, units.slice(0, 1), new Map(), now)));
    assert.equal(tree.transaction(flagOperations('web', seen, units.slice(1), new Map(), now)), false);
    assert.equal(tree.get(paths.upgrade('web/1')), undefined);
  });

  it('does not apply in another life of the service, whose versions begin at 0 again', () => {
    const seen = read(tree);
    const other = new MemoryTree();
    assert.ok(other.transaction(beginRollout('web', undefined, plan).operations));
    assert.equal(read(other).version, seen.version);
    assert.equal(other.transaction(flagOperations('web', seen, units, new Map(), now)), false);
    assert.equal(other.transaction(guardOf('web', seen)), false);
    assert.ok(other.transaction(guardOf('web', read(other))));
  });

  it('keeps its life where one rollout follows the other', () => {
    const seen = read(tree);
    const { rollout, operations } = beginRollout('web', seen, { ...plan, to: 'principia:web-3' });
    assert.ok(tree.transaction(operations));
    assert.equal(rollout.life, seen.value.life);
    assert.notEqual(rollout.id, seen.value.id);
    assert.equal(tree.transaction(flagOperations('web', seen, units, new Map(), now)), false);
  });
});

describe('a rollout that a later release wrote', () => {
  it('is read, and written again with what is not known', () => {
    const value = {
      ...plan,
      id: 'r1',
      life: 'aaaaaaaaaaaa',
      state: 'pondering',
      gate: 'moon',
      parameters: { strategy: 'spiral' },
      later: true,
    };
    const tree = new MemoryTree();
    tree.transaction([{ kind: 'create', path: paths.rollout('web'), value: JSON.stringify(value) }]);
    assert.deepEqual(read(tree).value, value);
  });
});
