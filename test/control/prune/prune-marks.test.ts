import assert from 'node:assert/strict';
import { nodeValue } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import { forgottenMarks, removeMark } from '../../../control/prune/prune-marks.js';
import { useTree } from '../../state/model/tree.js';

const OLD = '2026-01-01T00:00:00Z';
const BEFORE = '2026-01-02T00:00:00Z';
const NEW = '2026-01-03T00:00:00Z';

describe('the marks of agents that have no machine any more', () => {
  const tree = useTree();
  const mark = (at: string, machine: string): string => nodeValue({ count: 1, at, machine });
  const owned = (agentId: string): string =>
    nodeValue({
      hostname: 'h',
      owner: { agentId, hostname: 'h', dataDirectory: '/d', since: OLD, claim: '0123456789ab' },
    });

  beforeEach(async () => {
    await tree.one.create(paths.machine('own'), owned('owner'));
    await tree.one.create(paths.machine('unknown'), nodeValue({ hostname: 'h' }));
    await tree.one.create(paths.machine('damaged'), 'x');
  });

  const rows: readonly [agentId: string, why: string, mark: string, isForgotten: boolean][] = [
    ['removed', 'its machine was removed', mark(OLD, 'none'), true],
    ['replaced', 'another agent has its machine', mark(OLD, 'own'), true],
    ['recent', 'it wrote lately', mark(NEW, 'none'), false],
    ['owner', 'it has its machine, and rests', mark(OLD, 'own'), false],
    ['unsure', 'whose the machine is, is not known', mark(OLD, 'unknown'), false],
    ['blind', 'the machine cannot be read', mark(OLD, 'damaged'), false],
    ['spoilt', 'it cannot be read itself', 'x', false],
    ['planted', 'its machine is no name of one', mark(OLD, '../x'), true],
  ];
  for (const [agentId, why, value, isForgotten] of rows)
    it(`${isForgotten ? 'are removed' : 'stay'} where ${why}`, async () => {
      await tree.one.create(paths.mark(agentId), value);
      assert.deepEqual(await forgottenMarks(tree.one, BEFORE), isForgotten ? [agentId] : []);
      if (isForgotten) assert.equal(await removeMark(tree.one, agentId, BEFORE), true);
      assert.equal((await tree.one.get(paths.mark(agentId))) === undefined, isForgotten);
    });

  it('stay where the agent came back since they were looked for', async () => {
    await tree.one.create(paths.mark('back'), mark(NEW, 'none'));
    assert.equal(await removeMark(tree.one, 'back', BEFORE), false);
    assert.equal(await removeMark(tree.one, 'gone', BEFORE), false);
  });
});
