import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { readEntity } from '../../state/model/entity.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requestOf } from '../../state/model/requests.js';
import { type Abort, abortSchema } from '../../state/model/request-schemas.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import { ensemble, operate } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const metadata =
  'name: f\nrevision: 1\nsummary: s\nhooks: {db-relation-joined: {retry: {attempts: 9, backoff: 900}}}\n' +
  'requires: {db: {interface: i}, other: {interface: i}}\nprovides: {srv: {interface: i}}\n';

type Relation = NonNullable<UnitStatus['relations']>[string];

/** The request for one that waited named nothing, so that whatever ran by then was ended. */
describe('abort of a hook that waits for its next try', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const hooks = { 'db-relation-joined': 'exit 1' };
    const one = await world.publish(1, { hooks, files: { 'metadata.yaml': metadata } });
    await world.agent();
    await world.deploy(one);
    await world.deploy(one, 1, 'g');
    for (const unit of ['f/0', 'g/0']) await world.until('started', unit);
    const names = [parseEndpointName('f:db'), parseEndpointName('g:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
  });
  afterEach(() => world.close());

  const relation = (isThere: (relation: Relation) => boolean): Promise<Relation> =>
    eventually(async () => {
      const found = (await world.unit()).status.relations?.['db:0'];
      assert.ok(found && isThere(found), JSON.stringify(found));
      return found;
    });
  const waits = async (): Promise<NonNullable<Abort['waiting']>> => {
    const { waiting } = await relation((found) => found.waiting !== undefined);
    return { relation: 'db:0', hook: 'db-relation-joined', since: waiting?.since ?? '' };
  };
  const ask = (what: Pick<Abort, 'pid' | 'waiting'>, id = 'x'): Promise<void> =>
    requestOf(world.coordinator, paths.abort('f/0'), { ...requester, id, ...what });
  const spent = (): Promise<void> =>
    eventually(async () => assert.equal(await world.coordinator.get(paths.abort('f/0')), undefined));

  for (const named of [true, false])
    it(`ends it and not what runs by then, ${named ? 'named' : 'by a command of an older release'}`, async () => {
      const waiting = await waits();
      const gate = world.path('trace', 'gate-command');
      const command = operate(world, 'run', 'f/0', '--', `until test -e '${gate}'; do sleep 0.05; done`);
      await eventually(async () => assert.ok((await world.unit()).status.hook));
      await ask(named ? { waiting } : {});
      await relation(({ state, waiting: still }) => state === 'error' && still === undefined);
      await world.openGate('command');
      assert.equal((await command.ended).code, 0);
      await spent();
    });

  it('is not asked of one that waits by then in the place of another, nor of a process that ran', async () => {
    const waiting = await waits();
    const others: readonly Pick<Abort, 'pid' | 'waiting'>[] = [
      { pid: 1 },
      { waiting: { ...waiting, relation: 'other:1' } },
      { waiting: { ...waiting, since: '2020-01-01T00:00:00.000Z' } },
      { waiting: { hook: waiting.hook, since: waiting.since } },
    ];
    for (const [index, other] of others.entries()) {
      await ask(other, `${index}`);
      await spent();
    }
    assert.deepEqual(await waits(), waiting);
  });

  it('names it', async () => {
    const waiting = await waits();
    await world.stopAgents();
    assert.equal((await ensemble(world, 'abort', 'f/0')).code, 0);
    const asked = await readEntity(world.coordinator, paths.abort('f/0'), abortSchema);
    assert.deepEqual(asked?.value.waiting, waiting);
    assert.equal(asked?.value.pid, undefined);
    await world.agent();
    await relation(({ state }) => state === 'error');
  });
});
