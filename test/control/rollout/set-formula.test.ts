import assert from 'node:assert/strict';
import { nodeValue } from '../../../state/model/entity.js';
import { requestEntry } from '../../../state/model/history-entry.js';
import { paths } from '../../../state/model/paths.js';
import { relationFaults } from '../../../control/relate/relation-faults.js';
import { relationsOfService } from '../../../state/model/relations.js';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { removeRelationIfLeft, removeUnit } from '../../../state/model/removal.js';
import { revertService, revertUnit } from '../../../control/upgrade/revert.js';
import { requireService } from '../../../state/model/services.js';
import { setFormula } from '../../../control/rollout/set-formula.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { requireUnit } from '../../../state/model/units.js';
import {
  addRelatable,
  join,
  metadataOf,
  publishFormula,
  relate,
  type Sections,
} from '../../state/model/relation-tree.js';
import { now, requester, useTree } from '../../state/model/tree.js';

describe('peer relations', () => {
  const tree = useTree();
  const peers = async () =>
    (await relationsOfService(tree.one, 'ring')).map(({ value }) => [
      value.endpoints[0]?.name,
      value.endpoints[0]?.interface,
      value.dropped === true,
    ]);
  const upgrade = async (sections: Sections): Promise<void> => {
    const formula = await publishFormula(tree.one, 'ring', sections, 2);
    await setFormula(
      tree.one,
      'ring',
      (service) => ({ ...service, formula, previous: service.formula }),
      requestEntry(requester, { what: 'upgrade' }),
    );
  };
  beforeEach(() =>
    addRelatable(tree.one, 'ring', { peers: { cluster: 'ring', gossip: 'chat' }, provides: { web: 'http' } }),
  );

  it('are there with their service', async () => {
    assert.deepEqual(await peers(), [
      ['cluster', 'ring', false],
      ['gossip', 'chat', false],
    ]);
  });

  it('that a new formula adds are made with it, and those it keeps stay the same', async () => {
    const before = (await relationsOfService(tree.one, 'ring')).map(({ number }) => number);
    await upgrade({ peers: { cluster: 'ring', gossip: 'chat', quorum: 'vote' } });
    const after = (await relationsOfService(tree.one, 'ring')).map(({ number }) => number);
    assert.deepEqual(after.slice(0, 2), before);
    assert.deepEqual((await peers())[2], ['quorum', 'vote', false]);
    assert.equal((await requireService(tree.one, 'ring')).value.formula, 'p:ring-2');
  });

  it('that a new formula drops go at once where nobody is in them, else as their units leave', async () => {
    const [cluster] = await relationsOfService(tree.one, 'ring');
    assert.ok(cluster);
    await join(tree.one, paths.meeting(cluster.number), 'ring/0');
    await upgrade({});
    assert.deepEqual(await peers(), [['cluster', 'ring', true]]);
    await tree.one.remove(paths.settings(paths.meeting(cluster.number), 'ring/0'));
    await removeRelationIfLeft(tree.one, cluster.number);
    assert.deepEqual(await peers(), []);
  });

  describe('that a new formula drops, while a unit runs the one before', () => {
    const dropped = [
      ['cluster', 'ring', true],
      ['gossip', 'chat', true],
    ];
    const runs = async (unit: string, formula: string): Promise<void> => {
      const { value } = await requireUnit(tree.one, unit);
      await tree.one.set(paths.unit(unit), nodeValue({ ...value, formula }));
    };
    beforeEach(async () => {
      await addUnits(tree.one, 'ring', 2, now);
      await runs('ring/0', 'p:ring-1');
      await upgrade({});
    });
    const leave = async (): Promise<void> => {
      for (const { number } of await relationsOfService(tree.one, 'ring'))
        await removeRelationIfLeft(tree.one, number);
    };

    it('stand although nobody is in them, until it runs the new one', async () => {
      assert.deepEqual(await peers(), dropped);
      await leave();
      assert.deepEqual(await peers(), dropped);
      await runs('ring/0', 'p:ring-2');
      await leave();
      assert.deepEqual(await peers(), []);
    });

    it('stand until it is removed', async () => {
      await removeUnit(tree.one, 'ring/0');
      assert.deepEqual(await peers(), []);
    });

    it('go on where the service goes back, with the same numbers', async () => {
      const before = (await relationsOfService(tree.one, 'ring')).map(({ number }) => number);
      await revertService(tree.one, 'ring', requester);
      assert.deepEqual(await peers(), [
        ['cluster', 'ring', false],
        ['gossip', 'chat', false],
      ]);
      assert.deepEqual(
        (await relationsOfService(tree.one, 'ring')).map(({ number }) => number),
        before,
      );
    });

    it('are made anew where they are gone and one unit goes back by itself', async () => {
      await runs('ring/0', 'p:ring-2');
      await leave();
      const { value } = await requireUnit(tree.one, 'ring/0');
      await tree.one.set(paths.unit('ring/0'), nodeValue({ ...value, earlier: ['p:ring-1'] }));
      await revertUnit(tree.one, 'ring/0', requester);
      await revertUnit(tree.one, 'ring/0', requester);
      assert.deepEqual(await peers(), dropped);
    });
  });

  it('whose interface a new formula changes are others', async () => {
    await upgrade({ peers: { cluster: 'ring-v2', gossip: 'chat' } });
    assert.deepEqual(await peers(), [
      ['gossip', 'chat', false],
      ['cluster', 'ring-v2', false],
    ]);
  });

  it('go back with the formula', async () => {
    const before = await peers();
    await upgrade({ peers: { cluster: 'ring', quorum: 'vote' } });
    assert.notDeepEqual(await peers(), before);
    await revertService(tree.one, 'ring', requester);
    assert.deepEqual(await peers(), before);
  });

  it('are made once by two operators at once', async () => {
    const sections = { peers: { cluster: 'ring', gossip: 'chat', quorum: 'vote' } };
    await Promise.all([upgrade(sections), upgrade(sections)]);
    assert.equal((await peers()).length, 3);
  });
});

/** What the new formula of `db` says, and the faults it has. */
const changes: readonly (readonly [string, Sections, readonly string[]])[] = [
  ['keeps it', { provides: { server: 'mysql' } }, []],
  ['adds others', { provides: { server: 'mysql', admin: 'x' }, peers: { ring: 'r' } }, []],
  ['makes it optional', { provides: { server: { interface: 'mysql', optional: true } } }, []],
  ['has a limit that is not exceeded', { provides: { server: { interface: 'mysql', limit: 2 } } }, []],
  ['drops it', {}, ['it is no longer there']],
  ['renames it', { provides: { mysql: 'mysql' } }, ['it is no longer there']],
  ['makes it a peer', { peers: { server: 'mysql' } }, ['its role is peer instead of provides']],
  [
    'changes the interface',
    { provides: { server: 'mysql-8' } },
    ['its interface is mysql-8 instead of mysql'],
  ],
  ['changes the role', { requires: { server: 'mysql' } }, ['its role is requires instead of provides']],
  [
    'changes the scope',
    { provides: { server: { interface: 'mysql', scope: 'container' } } },
    ['its scope is container instead of global'],
  ],
  [
    'has a limit that is exceeded',
    { provides: { server: { interface: 'mysql', limit: 1 } } },
    ['its limit is 1, and there are 2 of it'],
  ],
];

describe('a relation in use', () => {
  const tree = useTree();
  beforeEach(async () => {
    await addRelatable(tree.one, 'db', { provides: { server: 'mysql', spare: 'x' } });
    for (const name of ['blog', 'wiki']) await addRelatable(tree.one, name, { requires: { db: 'mysql' } });
    for (const name of ['blog', 'wiki']) await relate(tree.one, name, 'db');
  });
  const faults = async (sections: Sections) =>
    relationFaults('db', await relationsOfService(tree.one, 'db'), metadataOf('db', sections, 2));

  for (const [rule, sections, reasons] of changes) {
    it(`is ${reasons.length === 0 ? 'kept' : 'broken'} by a formula that ${rule}`, async () => {
      const found = await faults(sections);
      assert.deepEqual(
        found.map(({ reason }) => reason),
        reasons,
      );
      for (const { relation, services } of found)
        assert.deepEqual([relation, services], ['server', ['blog', 'wiki']]);
    });
  }

  it('is no longer in use when it is going', async () => {
    for (const { number } of await relationsOfService(tree.one, 'db')) {
      await join(tree.one, paths.meeting(number), 'db/0');
      await removeRelation(tree.one, number, requester);
    }
    assert.deepEqual(await faults({}), []);
  });

  it('of container scope is broken by the side that is placed, not by the one that need not say so', async () => {
    const host = { interface: 'mysql', scope: 'container' };
    await addRelatable(tree.one, 'sub', { subordinate: true, requires: { host, db: 'mysql' } });
    await relate(tree.one, 'sub:host', 'db');
    const present = await relationsOfService(tree.one, 'sub');
    const next = (scope: string) =>
      metadataOf('sub', { requires: { host: { interface: 'mysql', scope } } }, 2);
    assert.equal(relationFaults('sub', present, next('container')).length, 0);
    assert.equal(relationFaults('sub', present, next('global')).length, 1);
    assert.deepEqual(await faults({ provides: { server: 'mysql' } }), []);
  });
});
