import assert from 'node:assert/strict';
import { nodeValue, readEntity } from '../../../state/model/entity.js';
import { UnitNotFound, UnitNotInError } from '../../../state/model/errors.js';
import { paths } from '../../../state/model/paths.js';
import { requestRemoval } from '../../../control/remove/remove-units.js';
import { removeUnit } from '../../../state/model/removal.js';
import { requestResolved } from '../../../control/unit/resolve.js';
import { flagUnits } from '../../../control/upgrade/flag-units.js';
import { flagSchema, resolvedSchema } from '../../../state/model/request-schemas.js';
import { readServiceState, readUnitState } from '../../../control/status/snapshot.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { needsUpgrade } from '../../../state/model/upgradable.js';
import { workflowStates } from '../../../state/model/workflow-state.js';
import { addMachine, addService, allPaths, now, report, requester, useTree } from './tree.js';

describe('what is asked of units', () => {
  const tree = useTree();

  beforeEach(async () => {
    await addMachine(tree.one, 'm0');
    await addService(tree.one, 'mysql');
  });

  const flag = async (unit: string) => readEntity(tree.two, paths.upgrade(unit), flagSchema);

  it('a flag set again is a new one, which its version tells', async () => {
    await addUnits(tree.one, 'mysql', 1, now);
    await flagUnits(tree.one, ['mysql/0'], requester);
    const first = await flag('mysql/0');
    await flagUnits(tree.two, ['mysql/0'], { ...requester, force: true });
    const second = await flag('mysql/0');
    assert.equal(second?.value.force, true);
    assert.notEqual(second.version, first?.version);
  });

  it('flags more units than fit one transaction, and passes over those that are gone', async () => {
    const units = await addUnits(tree.one, 'mysql', 1_200, now);
    await removeUnit(tree.one, 'mysql/7');
    await flagUnits(tree.one, units, requester);
    const state = await readServiceState(tree.two, 'mysql');
    assert.equal(state?.units.length, 1_199);
    assert.ok(state.units.every((unit) => unit.flag?.by === requester.by));
  });

  it('flags every unit though two operators flag them at once', async () => {
    const units = await addUnits(tree.one, 'mysql', 50, now);
    await Promise.all([flagUnits(tree.one, units, requester), flagUnits(tree.two, units, requester)]);
    for (const unit of units) assert.ok((await flag(unit)) !== undefined, unit);
  });

  it('resolves a unit in an error state only', async () => {
    await addUnits(tree.one, 'mysql', 1, now);
    for (const state of workflowStates) {
      await report(tree.one, 'mysql/0', state);
      const asked = requestResolved(tree.two, 'mysql/0', true, requester);
      if (state.endsWith('-error')) await asked;
      else await assert.rejects(asked, UnitNotInError);
    }
    await assert.rejects(requestResolved(tree.two, 'mysql/9', true, requester), UnitNotFound);
  });

  it('gives every request to resolve an id of its own', async () => {
    await addUnits(tree.one, 'mysql', 1, now);
    await report(tree.one, 'mysql/0', 'start-error');
    const ids = new Set<string | undefined>();
    for (const retry of [true, false, true]) {
      await requestResolved(tree.one, 'mysql/0', retry, requester);
      const request = await readEntity(tree.two, paths.resolved('mysql/0'), resolvedSchema);
      assert.equal(request?.value.retry, retry);
      ids.add(request?.value.id);
    }
    assert.equal(ids.size, 3);
  });

  it('asks for the removal of all units or, where one is unknown, of none', async () => {
    await addUnits(tree.one, 'mysql', 2, now);
    await assert.rejects(requestRemoval(tree.one, ['mysql/0', 'mysql/5'], requester), { unit: 'mysql/5' });
    assert.equal(await tree.one.get(paths.removal('mysql/0')), undefined);
    await requestRemoval(tree.one, ['mysql/0', 'mysql/1'], requester);
    await requestRemoval(tree.two, ['mysql/0'], requester);
    assert.notEqual(await tree.one.get(paths.removal('mysql/0')), undefined);
  });

  it('a removed unit leaves nothing but the record of what was asked of it', async () => {
    const before = await allPaths(tree.one);
    await addUnits(tree.one, 'mysql', 1, now);
    await flagUnits(tree.one, ['mysql/0'], requester);
    await report(tree.one, 'mysql/0', 'stop-error');
    await requestResolved(tree.one, 'mysql/0', true, requester);
    await requestRemoval(tree.one, ['mysql/0'], requester);
    await removeUnit(tree.two, 'mysql/0');
    await removeUnit(tree.one, 'mysql/0');
    const left = (await allPaths(tree.one)).filter((path) => path !== paths.serviceHistory('mysql'));
    assert.deepEqual(left, before);
    assert.equal(await readUnitState(tree.one, 'mysql/0'), undefined);
  });

  it('is seen also where its status cannot be read: as unknown, with the reason', async () => {
    await addUnits(tree.one, 'mysql', 1, now);
    await tree.one.set(paths.status('mysql/0'), nodeValue({ state: 7, since: now }));
    const unit = await readUnitState(tree.one, 'mysql/0');
    assert.equal(unit?.status.state, 'unknown');
    assert.match(unit?.damage ?? '', /^\/units\/mysql-0\/status is damaged: state: /);
    assert.equal(unit?.unit.service, 'mysql');
  });
});

describe('whether a unit needs an upgrade', () => {
  it('is decided by what it runs and what its service points at', () => {
    assert.equal(needsUpgrade('p:mysql-1', 'p:mysql-2'), true);
    assert.equal(needsUpgrade('p:mysql-2', 'p:mysql-2'), false);
    assert.equal(needsUpgrade(null, 'p:mysql-2'), false);
  });
});
