import assert from 'node:assert/strict';
import { addUnits } from '../../control/deploy/add-units.js';
import { pruneAll } from '../../control/prune/prune.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { oneRecord } from '../../control/run/one-record.js';
import { requestCommand } from '../../control/run/request-command.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { historySchema, requestEntry } from '../../state/model/history-entry.js';
import { readServiceHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { removeUnit } from '../../state/model/removal.js';
import { namesOf } from '../../control/names-of.js';
import { addMachine, addService, now, useTree } from '../state/model/tree.js';

const by = { requestedAt: now, by: 'ann@desk' };

/** A coordinator whose transactions fail once `isEnough` says so, as where the command is killed. */
function failing(of: Coordinator, isEnough: (operations: readonly Operation[]) => boolean): Coordinator {
  return new Proxy(of, {
    get(target, name) {
      const found: unknown = Reflect.get(target, name);
      if (name === 'transaction')
        return (operations: readonly Operation[]) =>
          isEnough(operations) ? Promise.reject(new Error('killed')) : target.transaction(operations);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** What many transactions were to do stood on record with the first of them, or before it. */
describe('what is on record of a command that is killed', () => {
  const tree = useTree();
  beforeEach(async () => {
    await addMachine(tree.one, 'm0', true);
    await addService(tree.one, 'web');
  });

  const messages = async (what: string): Promise<readonly (string | undefined)[]> =>
    (await readServiceHistory(tree.one, 'web'))
      .filter((entry) => entry.what === what)
      .map(({ message }) => message);

  it('is of the units that were asked to go, and of all of them once they were', async () => {
    const units = await addUnits(tree.one, 'web', 501, now);
    const asked = (names: readonly string[]) =>
      requestEntry(by, { what: 'remove-unit', message: namesOf(names) });
    let count = 0;
    const killed = failing(tree.one, (operations) => {
      count += operations.some(({ path }) => path.endsWith('/removal')) ? 1 : 0;
      return count > 1;
    });
    await assert.rejects(requestRemoval(killed, units, by, asked), /killed/);
    assert.deepEqual(await messages('remove-unit'), ['500 units']);
    await requestRemoval(tree.one, units, by, asked);
    assert.deepEqual(await messages('remove-unit'), ['500 units', '501 units']);
  });

  it('is of the units that were made', async () => {
    let made = 0;
    const killed = failing(tree.one, (operations) => {
      made += operations.some(({ kind, path }) => kind === 'create' && path.endsWith('/status')) ? 1 : 0;
      return made > 1;
    });
    const asked = (names: readonly string[]) =>
      requestEntry(by, { what: 'add-unit', message: namesOf(names) });
    await assert.rejects(addUnits(killed, 'web', 201, now, undefined, asked), /killed/);
    assert.deepEqual(await messages('add-unit'), ['200 units']);
  });

  it('is of the units that were asked to run a command, once for all of them', async () => {
    const units = await addUnits(tree.one, 'web', 4, now);
    await removeUnit(tree.one, 'web/2');
    const asking = oneRecord(by, ['true']);
    const ends = await Promise.allSettled(
      units.map((unit) =>
        asking(unit, (entry) => requestCommand(tree.one, unit, { command: ['true'] }, by, entry)),
      ),
    );
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(await messages('run'), ['in web/0, web/1, web/3: true']);
  });

  it('is what was to be pruned as asked, and what went in its place in the end', async () => {
    for (const machine of ['gone-1', 'gone-2']) {
      if ((await tree.one.get(paths.logs)) === undefined) await tree.one.create(paths.logs, '{}');
      await tree.one.create(paths.machineLogs(machine), '{}');
    }
    const entries = async () =>
      (await readEntity(tree.one, paths.environmentHistory, historySchema))?.value.entries
        .filter(({ what }) => what === 'prune')
        .map(({ outcome, message }) => [outcome, message]);
    const request = { keep: 2, historyDays: 1 };
    const session = (coordinator: Coordinator) => ({
      environment: { name: 'test', state: 'embedded:x', storage: 'file:x' },
      coordinator,
      storage: () => Promise.reject(new Error('none is asked for')),
    });
    const killed = failing(tree.one, (operations) =>
      operations.some(({ kind, path }) => kind === 'remove' && path === paths.machineLogs('gone-2')),
    );
    await assert.rejects(pruneAll(session(killed), request, by), /killed/);
    assert.deepEqual(await entries(), [['failed', 'logs: gone-1']]);
    await pruneAll(session(tree.one), request, by);
    assert.deepEqual(await entries(), [
      ['failed', 'logs: gone-1'],
      ['done', 'logs: gone-2'],
    ]);
  });
});
