import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { parseEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { formulaRecordSchema } from '../../state/model/service-schemas.js';
import { editService } from '../../state/model/services.js';
import { eventually } from '../eventually.js';
import { World } from './world.js';

describe('a formula that a service names before anybody asks for it', function () {
  this.timeout(120_000);

  it('is fetched by the agents of its units, so that the upgrade needs no storage', async () => {
    const world = await World.open();
    try {
      const [one, two] = [await world.publish(1), await world.publish(2)];
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await editService(world.coordinator, 'f', (service) => ({ ...service, prefetch: two }));
      const path = paths.formula(two);
      const record = parseEntity(path, formulaRecordSchema, await world.coordinator.get(path));
      await eventually(async () => {
        const cached = await readdir(world.path('machines', 'm0', 'cache'));
        const complete = cached.some((name) => name.startsWith(record?.value.sha256 ?? '-'));
        assert.ok(complete, cached.join());
      });
      assert.equal((await world.unit()).unit.formula, one, 'nobody asked for it');
      await eventually(() =>
        assert.ok(world.log.some(({ message }) => message === 'a formula is here before it is asked for')),
      );
      await rm(world.path('storage'), { recursive: true });
      await world.upgrade(two);
      await world.untilOn(two);
    } finally {
      await world.close();
    }
  });

  it('is fetched again where that failed, and is not waited for', async () => {
    const world = await World.open();
    try {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await editService(world.coordinator, 'f', (service) => ({ ...service, prefetch: 'world:f-9' }));
      await eventually(() =>
        assert.ok(world.log.some(({ message }) => message.includes('cannot be fetched, and is tried again'))),
      );
      assert.equal((await world.unit()).status.state, 'started');
    } finally {
      await world.close();
    }
  });
});
