import assert from 'node:assert/strict';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const metadata = (revision: number): string =>
  `name: f\nrevision: ${revision}\nprovides: {srv: thing}\nrequires: {cli: thing}\n`;

describe('what an agent writes into a node that others write too', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const publish = (revision: number): Promise<string> =>
    world.publish(revision, {
      hooks: { 'cli-relation-joined': 'relation-set colour=blue', start: 'open-port 80' },
      files: { 'metadata.yaml': metadata(revision) },
    });

  /** Writes one more key, as a program does that this release knows nothing of. */
  async function note(path: string): Promise<void> {
    const node = await world.coordinator.get(path);
    assert.ok(node);
    const value = JSON.stringify({ ...JSON.parse(node.value), hold: 'by an operator' });
    await world.coordinator.set(path, value, node.version);
  }
  const noted = async (path: string): Promise<unknown> => {
    const node = await world.coordinator.get(path);
    assert.ok(node);
    return JSON.parse(node.value).hold;
  };

  it('keeps what they wrote since the agent read it, over an upgrade and a restart', async () => {
    const [one, two] = [await publish(1), await publish(2)];
    const first = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    const both = [paths.unit('f/0'), paths.machine('m0')];
    for (const path of both) await note(path);
    await world.upgrade(two);
    await world.untilOn(two);
    for (const path of both) assert.equal(await noted(path), 'by an operator', path);
    await first.stop();
    await world.agent();
    await world.upgrade(await publish(3));
    await world.untilOn('world:f-3');
    for (const path of both) assert.equal(await noted(path), 'by an operator', path);
    assert.deepEqual((await world.unit()).unit.ports, ['80/tcp']);
  });

  it('names the version, but in nodes that nobody else writes', async () => {
    const blind = new Set<string>();
    const open: typeof openCoordinator = async (url, options) =>
      recording(await openCoordinator(url, options), blind);
    const [one, two] = [await publish(1), await publish(2)];
    await world.agent({ open });
    await world.deploy(one);
    await world.deploy(one, 1, 'db');
    const names = [parseEndpointName('f:cli'), parseEndpointName('db:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
    await eventually(async () => assert.match((await world.trace('f/0')).join(), /cli-relation-joined 1/));
    await world.upgrade(two);
    await world.untilOn(two);
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
    const own = [/^\/units\/[^/]+\/status$/, /^\/history\/[^/]+\/[^/]+$/, /^\/logs\/m0\//];
    assert.ok(
      [...blind].some((path) => path === paths.status('f/0')),
      'what is written is seen',
    );
    assert.deepEqual(
      [...blind].filter((path) => !own.some((pattern) => pattern.test(path))),
      [],
    );
  });
});

/** Notes in `blind` what is set without a version. */
function recording(coordinator: Coordinator, blind: Set<string>): Coordinator {
  const { set, transaction } = coordinator;
  coordinator.set = (path, value, version) => {
    if (version === undefined) blind.add(path);
    return set.call(coordinator, path, value, version);
  };
  coordinator.transaction = (operations: readonly Operation[]) => {
    for (const operation of operations)
      if (operation.kind === 'set' && operation.version === undefined) blind.add(operation.path);
    return transaction.call(coordinator, operations);
  };
  return coordinator;
}
