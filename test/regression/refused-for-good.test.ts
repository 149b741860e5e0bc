import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import { AccessDenied, ValueTooLarge } from '../../state/coordination/errors.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { requestRelationResolved, requestResolved } from '../../control/unit/resolve.js';
import { settingsSchema } from '../../state/model/relation-schemas.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const metadata = 'name: f\nrevision: 1\nprovides: {srv: thing}\nrequires: {cli: thing}\n';
const big = "head -c 500000 /dev/zero | tr '\\0' a >big";

describe('what is refused for good after a hook succeeded', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function relate(hooks: Readonly<Record<string, string>>): Promise<void> {
    const formula = await world.publish(1, {
      hooks,
      files: { 'metadata.yaml': metadata },
      config: 'options:\n  colour: {type: string, default: red, description: of it}\n',
    });
    await world.deploy(formula);
    await world.deploy(formula, 1, 'db');
    const names = [parseEndpointName('f:cli'), parseEndpointName('db:srv')] as const;
    await addRelation(world.coordinator, names, requester.requestedAt);
  }
  const relation = async () => (await world.unit()).status.relations?.['cli:0'];
  const untilRelation = (state: string, message: RegExp): Promise<void> =>
    eventually(async () => {
      const found = await relation();
      assert.equal(found?.state, state, found?.message);
      assert.match(found?.message ?? '', message);
    });
  const settings = async () =>
    (await readEntity(world.coordinator, paths.settings('/relations/0', 'f/0'), settingsSchema))?.value ?? {};

  /** Refuses the settings of f/0 as long as `refusal` gives an error. */
  const refusing =
    (refusal: () => Error | undefined): typeof openCoordinator =>
    async (url, options) => {
      const coordinator = await openCoordinator(url, options);
      const { transaction } = coordinator;
      coordinator.transaction = async (operations: readonly Operation[]) => {
        const error = operations.some(
          ({ kind, path }) => kind === 'set' && path === paths.settings('/relations/0', 'f/0'),
        )
          ? refusal()
          : undefined;
        if (error !== undefined) throw error;
        await transaction.call(coordinator, operations);
      };
      return coordinator;
    };

  it('is judged by the tool: settings count with those that hooks before had set', async () => {
    await world.agent();
    await relate({
      'cli-relation-joined': `${big}; relation-set one=@big`,
      'cli-relation-changed': 'relation-set two=@big',
    });
    await untilRelation('error', /hook "cli-relation-changed" of f\/0 failed/);
    const log = await readFile(world.unitPath('f/0', 'log', 'hooks.log'), 'utf8');
    assert.match(
      log,
      /with what it had set before, the unit's settings would take 1000\d+ bytes, more than 900000/,
    );
    await requestRelationResolved(world.coordinator, 'f/0', 'cli', false, requester);
    await untilRelation('up', /^$/);
    assert.deepEqual(Object.keys(await settings()).sort(), ['one', 'private-address']);
  });

  it('puts the relation in error, at once where it is too large; --retry runs the hook again', async () => {
    let refused = true;
    const error = new ValueTooLarge({
      path: paths.settings('/relations/0', 'f/0'),
      bytes: 2_000_000,
      limit: 1_000_000,
    });
    const first = await world.agent({ open: refusing(() => (refused ? error : undefined)) });
    await relate({ 'cli-relation-joined': 'relation-set colour=blue' });
    await untilRelation(
      'error',
      /joined" of f\/0 succeeded, but what it set cannot be written.*resolved --retry f\/0 cli:0$/,
    );
    await first.stop();
    refused = false;
    await world.agent();
    assert.equal((await settings()).colour, undefined);
    await requestRelationResolved(world.coordinator, 'f/0', 'cli', true, requester);
    await untilRelation('up', /^$/);
    await eventually(async () => assert.equal((await settings()).colour, 'blue'));
    assert.equal((await world.trace()).filter((line) => line === 'cli-relation-joined 1').length, 2);
  });

  it('puts the unit in error when it was answered twenty times; without --retry it goes on without', async () => {
    let asked = 0;
    const denied = (): Error => {
      asked += 1;
      return new AccessDenied({ coordinator: 'zookeeper://zk', path: paths.settings('/relations/0', 'f/0') });
    };
    await world.agent({ open: refusing(denied), clock: hurried });
    await relate({
      'config-changed': 'relation-ids cli >ids; [ ! -s ids ] || relation-set -r cli:0 colour=blue',
    });
    await untilRelation('up', /^$/);
    await setConfigValues(world.coordinator, 'f', { colour: 'green' });
    const { status } = await world.until('config-error');
    assert.match(
      status.message,
      /^hook "config-changed" of f\/0 succeeded, but what it set cannot be written: .*refuses access/,
    );
    assert.ok(asked >= 20, `${asked} times asked`);
    assert.match(status.next ?? '', /ensemble resolved --retry f\/0$/);
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await world.until('started');
    assert.equal((await settings()).colour, undefined);
  });

  it('is never a message: it is cut, with an ellipsis', async () => {
    const words = 'x=$(head -c 100000 /dev/zero | tr "\\0" a); status-set $x $x $x $x $x $x $x $x $x';
    await world.publish(1);
    const two = await world.publish(2, {
      hooks: { 'upgrade-formula': `${words} && head -c 300000 /dev/zero | tr "\\0" b | ensemble-log -` },
    });
    await world.agent();
    await world.deploy('world:f-1');
    await world.untilOn('world:f-1');
    await world.upgrade(two);
    const { status } = await world.untilOn(two);
    assert.match(status.message, /^a{1999}…$/);
    const log = await readFile(world.unitPath('f/0', 'log', 'hooks.log'), 'utf8');
    assert.match(log, /INFO b{65535}…\n/);
  });
});

/** Pauses of up to a minute pass in no time; the time limits of hooks are longer. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, act) => systemClock.after(ms > 200 && ms <= 60_000 ? ms / 500 : ms, act),
};
