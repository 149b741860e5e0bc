import assert from 'node:assert/strict';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { parseEndpointName } from '../../../state/model/endpoints.js';
import { nodeValue } from '../../../state/model/entity.js';
import { ServiceDestroying, ServiceNotFound } from '../../../state/model/errors.js';
import { findRelation } from '../../../control/relate/find-relation.js';
import { paths } from '../../../state/model/paths.js';
import {
  RelationExists,
  RelationLimitReached,
  RelationNotFound,
  RelationsAmbiguous,
} from '../../../state/model/relation-errors.js';
import { readRelation, relationId, relationsOfService } from '../../../state/model/relations.js';
import { destroyService } from '../../../control/remove/destroy-service.js';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { removeRelationIfLeft } from '../../../state/model/removal.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { addRelatable, join, relate } from './relation-tree.js';
import { addMachine, now, requester, useTree } from './tree.js';

describe('relations', () => {
  const tree = useTree();
  beforeEach(async () => {
    await addRelatable(tree.one, 'db', { provides: { server: 'mysql' } });
    await addRelatable(tree.one, 'blog', { requires: { db: 'mysql', archive: 'mysql' } });
    await addRelatable(tree.one, 'wiki', { requires: { db: { interface: 'mysql', limit: 1 } } });
  });

  const idsOf = async (service: string) =>
    (await relationsOfService(tree.one, service)).map(({ number }) => number);
  const names = (one: string, other: string) => [parseEndpointName(one), parseEndpointName(other)] as const;

  it('are known to both services, with what each side is', async () => {
    const { number } = await relate(tree.one, 'blog:db', 'db');
    const relation = await readRelation(tree.one, number);
    assert.deepEqual(relation?.value.endpoints, [
      { service: 'blog', name: 'db', role: 'requires', interface: 'mysql' },
      { service: 'db', name: 'server', role: 'provides', interface: 'mysql' },
    ]);
    assert.deepEqual([await idsOf('blog'), await idsOf('db')], [[number], [number]]);
    assert.deepEqual(await tree.one.children(paths.relation(number)), ['members', 'settings']);
  });

  it('are called by each side by its own name', async () => {
    const { number } = await relate(tree.one, 'blog:db', 'db');
    const relation = await readRelation(tree.one, number);
    assert.ok(relation);
    assert.equal(relationId(relation.value, number, 'blog'), `db:${number}`);
    assert.equal(relationId(relation.value, number, 'db'), `server:${number}`);
  });

  it('of the same endpoints there is one only', async () => {
    await relate(tree.one, 'blog:db', 'db');
    await assert.rejects(relate(tree.one, 'db:server', 'blog:db'), RelationExists);
    await relate(tree.one, 'blog:archive', 'db');
    assert.equal((await idsOf('blog')).length, 2);
  });

  it('of one endpoint there are no more than its limit', async () => {
    await addRelatable(tree.one, 'other', { provides: { server: 'mysql' } });
    const { number } = await relate(tree.one, 'wiki', 'db');
    await assert.rejects(relate(tree.one, 'wiki', 'other'), RelationLimitReached);
    await removeRelation(tree.one, number, requester);
    await relate(tree.one, 'wiki', 'other');
  });

  it('get numbers that are never used again', async () => {
    const first = await relate(tree.one, 'blog:db', 'db');
    await removeRelation(tree.one, first.number, requester);
    const second = await relate(tree.one, 'blog:db', 'db');
    assert.ok(Number(second.number) > Number(first.number));
  });

  it('that two operators add at once are added once, and the other is told', async () => {
    const results = await Promise.allSettled([
      relate(tree.one, 'blog:db', 'db'),
      relate(tree.two, 'blog:db', 'db'),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const failed = results.find((result) => result.status === 'rejected');
    assert.ok(failed?.reason instanceof RelationExists);
    assert.equal((await idsOf('db')).length, 1);
  });

  it('that many operators add at once all have numbers of their own', async () => {
    const services = Array.from({ length: 6 }, (_, index) => `app${'x'.repeat(index)}`);
    for (const name of services) await addRelatable(tree.one, name, { requires: { db: 'mysql' } });
    const added = await Promise.all(
      services.map((name, index) => relate(index % 2 === 0 ? tree.one : tree.two, name, 'db')),
    );
    assert.equal(new Set(added.map(({ number }) => number)).size, services.length);
  });

  it('are refused to a service that is being destroyed, or is not there', async () => {
    await addMachine(tree.one, 'm0');
    await addUnits(tree.one, 'blog', 1, now);
    await destroyService(tree.one, 'blog', requester);
    await assert.rejects(relate(tree.one, 'blog:db', 'db'), ServiceDestroying);
    await assert.rejects(relate(tree.one, 'db', 'nothing'), ServiceNotFound);
  });

  it('are refused where the formula was changed to one without the endpoint meanwhile', async () => {
    const { value } = await tree.one.get(paths.service('db')).then((node) => node ?? { value: '{}' });
    await addRelatable(tree.one, 'bare', {});
    // What the other operator does falls between this one's reading and its writing, in one of many interleavings.
    const formula = 'p:bare-1';
    const [related] = await Promise.allSettled([
      relate(tree.one, 'blog:db', 'db'),
      tree.two.set(paths.service('db'), nodeValue({ ...JSON.parse(value), formula })),
    ]);
    const present = await idsOf('db');
    // Either it was made while the endpoint was there, or not at all.
    assert.equal(present.length, related.status === 'fulfilled' ? 1 : 0);
    await assert.rejects(relate(tree.one, 'blog:archive', 'db'));
  });

  describe('are found', () => {
    it('by the names of the services, in either order', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      assert.equal((await findRelation(tree.one, names('blog', 'db'))).number, number);
      assert.equal((await findRelation(tree.one, names('db:server', 'blog'))).number, number);
    });

    it('not where there are none, or none of that name', async () => {
      await relate(tree.one, 'blog:db', 'db');
      await assert.rejects(findRelation(tree.one, names('wiki', 'db')), RelationNotFound);
      await assert.rejects(findRelation(tree.one, names('blog:archive', 'db')), RelationNotFound);
      await assert.rejects(findRelation(tree.one, names('blog', 'nothing')), ServiceNotFound);
    });

    it('not where there are several, which are all named', async () => {
      await relate(tree.one, 'blog:db', 'db');
      await relate(tree.one, 'blog:archive', 'db');
      await assert.rejects(findRelation(tree.one, names('blog', 'db')), (error: unknown) => {
        assert.ok(error instanceof RelationsAmbiguous);
        assert.equal(error.pairs.length, 2);
        return true;
      });
      assert.ok(await findRelation(tree.one, names('blog:archive', 'db')));
    });
  });

  describe('are removed', () => {
    const gone = async (coordinator: Coordinator, number: string): Promise<boolean> =>
      (await coordinator.get(paths.relation(number))) === undefined;

    it('at once where no unit joined', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      await removeRelation(tree.one, number, requester);
      assert.ok(await gone(tree.one, number));
      assert.deepEqual([await idsOf('blog'), await idsOf('db')], [[], []]);
    });

    it('by the last unit that leaves, and not before', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      for (const unit of ['blog/0', 'db/0']) await join(tree.one, paths.meeting(number), unit);
      await removeRelation(tree.one, number, requester);
      assert.equal((await readRelation(tree.one, number))?.value.removing, true);
      for (const unit of ['blog/0', 'db/0']) {
        assert.equal(await gone(tree.one, number), false);
        await tree.one.remove(paths.settings(paths.meeting(number), unit));
        await removeRelationIfLeft(tree.one, number);
      }
      assert.ok(await gone(tree.one, number));
    });

    it('once only by two at once, and twice without harm', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      await Promise.all([
        removeRelation(tree.one, number, requester),
        removeRelation(tree.two, number, requester),
      ]);
      await removeRelation(tree.one, number, requester);
      assert.ok(await gone(tree.one, number));
    });

    it('while a new one of the same endpoints may be added', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      await join(tree.one, paths.meeting(number), 'blog/0');
      await removeRelation(tree.one, number, requester);
      const again = await relate(tree.one, 'blog:db', 'db');
      assert.equal((await findRelation(tree.one, names('blog', 'db'))).number, again.number);
    });

    it('with a service, which waits for those that units are still in', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      await join(tree.one, paths.meeting(number), 'db/0');
      await destroyService(tree.one, 'blog', requester);
      assert.ok(await tree.one.get(paths.service('blog')), 'its relation still stands');
      await tree.one.remove(paths.settings(paths.meeting(number), 'db/0'));
      await removeRelationIfLeft(tree.one, number);
      assert.equal(await tree.one.get(paths.service('blog')), undefined);
    });

    it('with both services, whichever is gone first', async () => {
      const { number } = await relate(tree.one, 'blog:db', 'db');
      await join(tree.one, paths.meeting(number), 'db/0');
      await Promise.all([
        destroyService(tree.one, 'blog', requester),
        destroyService(tree.two, 'db', requester),
      ]);
      await tree.one.remove(paths.settings(paths.meeting(number), 'db/0'));
      await removeRelationIfLeft(tree.one, number);
      assert.deepEqual(await tree.one.children(paths.relations), []);
      assert.equal(await tree.one.get(paths.service('blog')), undefined);
      assert.equal(await tree.one.get(paths.service('db')), undefined);
    });
  });
});
