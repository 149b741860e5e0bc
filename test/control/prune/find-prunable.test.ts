import assert from 'node:assert/strict';
import { nodeValue } from '../../../state/model/entity.js';
import { newEntry } from '../../../state/model/history-entry.js';
import { firstNumber } from '../../../state/model/numbers.js';
import { paths } from '../../../state/model/paths.js';
import { findPrunable } from '../../../control/prune/find-prunable.js';
import { forgottenServices, removeHistory } from '../../../control/prune/prune-records.js';
import { editService } from '../../../state/model/services.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { addRelatable, publishFormula } from '../../state/model/relation-tree.js';
import { now, requester, useTree } from '../../state/model/tree.js';

describe('what can be pruned', () => {
  const tree = useTree();
  /** Revisions 1 to 9 of `web`, of which the service runs the first. */
  beforeEach(async () => {
    await addRelatable(tree.one, 'web', {});
    for (let revision = 2; revision <= 9; revision += 1) await publishFormula(tree.one, 'web', {}, revision);
  });
  const prunable = async (keep = 0): Promise<string> => {
    const { formulas } = await findPrunable(tree.one, keep);
    return formulas
      .map(({ id }) => id.replace('p:web-', ''))
      .sort()
      .join('');
  };
  const status = (state: string, upgrade?: object): string =>
    nodeValue({ state, since: now, ...(upgrade && { upgrade }) });
  async function unit(value: object, text = status('started')): Promise<void> {
    const [name = ''] = await addUnits(tree.one, 'web', 1, now);
    const node = await tree.one.get(paths.unit(name));
    await tree.one.set(paths.unit(name), nodeValue({ ...JSON.parse(node?.value ?? ''), ...value }));
    await tree.one.set(paths.status(name), text);
  }

  it('is what no service runs or goes back to, the newest excepted', async () => {
    assert.equal(await prunable(), '23456789');
    assert.equal(await prunable(2), '234567');
    assert.equal(await prunable(100), '');
    await editService(tree.one, 'web', (service) => ({
      ...service,
      formula: 'p:web-8',
      previous: 'p:web-5',
      earlier: ['p:web-3'],
    }));
    assert.equal(await prunable(), '124679');
    assert.equal(await prunable(2), '12467');
  });

  it('is nothing that a unit runs, keeps, or goes back to', async () => {
    await unit({ formula: 'p:web-4', earlier: ['p:web-2', 'p:web-3'] });
    assert.equal(await prunable(), '56789');
  });

  it('is nothing that a rollout leads to or back to, as long as it is open', async () => {
    const rollout = (state: string): string =>
      nodeValue({
        ...{
          id: 'r1',
          life: 'aaaaaaaaaaaa',
          from: 'p:web-1',
          to: 'p:web-4',
          revertTo: 'p:web-3',
          by: 'ann@host',
        },
        ...{ requestedAt: now, parameters: {}, state, stateSince: now, countedFrom: now },
      });
    await tree.one.create(paths.rollout('web'), rollout('paused'));
    assert.equal(await prunable(), '256789');
    await tree.one.set(paths.rollout('web'), rollout('done'));
    assert.equal(await prunable(), '23456789');
  });

  it('is no revision of a formula that a unit is on its way with: only its journal may know which', async () => {
    await publishFormula(tree.one, 'other', {});
    const other = async () => (await findPrunable(tree.one, 0)).formulas.map(({ id }) => id);
    assert.equal((await other()).length, 9);
    for (const change of [
      () => unit({ formula: null }, status('installing')),
      () =>
        unit(
          { formula: 'p:web-2' },
          status('upgrade-error', { step: 'hook', from: 'p:web-2', to: 'p:web-3', since: now }),
        ),
    ]) {
      await change();
      assert.deepEqual(await other(), ['p:other-1']);
      for (const name of ['web/0', 'web/1'])
        if ((await tree.one.get(paths.unit(name))) !== undefined)
          await tree.one.set(
            paths.unit(name),
            nodeValue({ service: 'web', machine: null, formula: 'p:web-1', change: '' }),
          );
      for (const name of ['web/0', 'web/1'])
        if ((await tree.one.get(paths.status(name))) !== undefined)
          await tree.one.set(paths.status(name), status('started'));
      assert.equal((await other()).length, 9, 'at rest');
    }
    await tree.one.create(paths.upgrade('web/0'), nodeValue({ ...requester, to: 'p:web-7' }));
    assert.deepEqual(await other(), ['p:other-1'], 'flagged');
  });

  it('is nothing at all where a node cannot be read, which may name anything', async () => {
    await unit({ formula: 'p:web-4' });
    await tree.one.set(paths.unit('web/0'), 'garbage');
    await assert.rejects(findPrunable(tree.one, 0), { code: 'node-invalid' });
  });

  it('keeps the bundle of an earlier release: other environments may have it under the same key', async () => {
    const found = await findPrunable(tree.one, 0);
    const [first] = found.formulas;
    assert.ok(first);
    assert.equal(found.isOwn(first), false);
    assert.deepEqual(await found.remove(first), {});
    assert.equal(await tree.one.get(paths.formula(first.id)), undefined);
    assert.equal(await found.remove(first), undefined, 'it is gone already');
  });

  it('is the history of a service that is gone, when it is old and nobody writes there', async () => {
    const entry = newEntry({ at: '2026-01-02T00:00:00Z', what: 'deploy', outcome: 'asked' });
    for (const service of ['gone', 'web']) {
      await tree.one
        .create(paths.serviceHistory(service), nodeValue({ entries: [entry] }))
        .catch(() => undefined);
    }
    await tree.one.create(paths.unitHistory('gone/0'), nodeValue({ entries: [entry] }));
    assert.deepEqual(await forgottenServices(tree.one, '2026-01-02T00:00:00Z'), []);
    assert.deepEqual(await forgottenServices(tree.one, '2026-01-03T00:00:00Z'), ['gone']);
    assert.equal(await removeHistory(tree.one, 'web'), false, 'the service is there');
    assert.equal(await removeHistory(tree.one, 'gone'), true);
    assert.equal(await tree.one.children(paths.serviceHistory('gone')), undefined);
  });

  it('leaves the number behind that the next unit of the service gets, which release 0.1.0 did not keep', async () => {
    const history = nodeValue({ entries: [] });
    await tree.one.create(paths.serviceHistory('gone'), history);
    for (const unit of ['gone/0', 'gone/3']) await tree.one.create(paths.unitHistory(unit), history);
    for (const service of (await tree.one.children(paths.numbers)) ?? [])
      await tree.one.remove(paths.serviceNumbers(service));
    await tree.one.remove(paths.numbers);
    assert.equal(await removeHistory(tree.one, 'gone'), true);
    assert.equal((await firstNumber(tree.one, 'gone')).first, 4);
    await tree.one.create(paths.serviceHistory('gone'), history);
    await tree.one.create(paths.unitHistory('gone/1'), history);
    assert.equal(await removeHistory(tree.one, 'gone'), true);
    assert.equal((await firstNumber(tree.one, 'gone')).first, 4);
  });
});
