import assert from 'node:assert/strict';
import { requestCommand, withdrawCommand } from '../../../control/run/request-command.js';
import { claimCommand } from '../../../state/model/commands.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { addMachine, addService, now, requester, useTree } from './tree.js';

describe('a command that an operator asks for', () => {
  const tree = useTree();
  const one = { begunAt: now, begunBy: 'one' };
  const ask = (): Promise<string> => requestCommand(tree.one, 'web/0', { command: ['true'] }, requester);
  beforeEach(async () => {
    await addMachine(tree.one, 'm0');
    await addService(tree.one, 'web');
    await addUnits(tree.one, 'web', 1, now);
  });

  it('begins, or is taken back, and never both', async () => {
    const ends = new Set<string>();
    for (let time = 0; time < 30; time += 1) {
      const id = await ask();
      const claims = async (): Promise<boolean> =>
        (await claimCommand(tree.two, 'web/0', id, one)) === 'claimed';
      const withdraws = (): Promise<boolean> => withdrawCommand(tree.one, 'web/0', id);
      // Each of them comes first as often as the other.
      const [begins, isWithdrawn] =
        time % 2 === 0
          ? await Promise.all([claims(), withdraws()])
          : (await Promise.all([withdraws(), claims()])).toReversed();
      assert.notEqual(begins, isWithdrawn);
      ends.add(`${begins}`);
    }
    assert.equal(ends.size, 2, 'both were seen');
  });

  it('is taken back once and for all, also asked twice; one that has begun is not', async () => {
    const id = await ask();
    assert.equal(await withdrawCommand(tree.one, 'web/0', id), true);
    assert.equal(await withdrawCommand(tree.one, 'web/0', id), true);
    assert.equal(await claimCommand(tree.two, 'web/0', id, one), 'withdrawn');
    const other = await ask();
    assert.equal(await claimCommand(tree.two, 'web/0', other, one), 'claimed');
    assert.equal(await claimCommand(tree.two, 'web/0', other, one), 'claimed', 'as after a lost answer');
    const two = { ...one, begunBy: 'another' };
    assert.equal(await claimCommand(tree.two, 'web/0', other, two), 'begun-before');
    assert.equal(await withdrawCommand(tree.one, 'web/0', other), false);
  });
});
