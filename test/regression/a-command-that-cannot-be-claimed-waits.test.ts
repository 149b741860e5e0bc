import assert from 'node:assert/strict';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { CoordinatorUnreachable } from '../../state/coordination/errors.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { requestCommand } from '../../control/run/request-command.js';
import { commandRequestSchema } from '../../state/model/commands.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

interface Faulty {
  /** Refuses to have commands claimed, as a state on a full disk does. */
  refuses: boolean;
  /** Has no requests of commands, as where one was taken back and its end was not heard of yet. */
  lacks: boolean;
  asked: number;
}

function faulty(of: Coordinator, fault: Faulty): Coordinator {
  return new Proxy(of, {
    get(target, name) {
      if (name === 'get')
        return (path: string) => {
          if (!path.includes('/run-') || !fault.lacks) return target.get(path);
          fault.asked += 1;
          return Promise.resolve(undefined);
        };
      if (name === 'transaction')
        return (operations: readonly Operation[]) => {
          if (!fault.refuses || !operations.some(({ path }) => path.includes('/run-')))
            return target.transaction(operations);
          fault.asked += 1;
          return Promise.reject(
            new CoordinatorUnreachable({ coordinator: 'it', reason: 'the disk is full' }),
          );
        };
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
}

/** The agent asked again at once, as often as it could, and heard of nothing else meanwhile. */
describe('a command that cannot begin now', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  for (const [what, fault] of [
    ['the state does not note it', { refuses: true, lacks: false, asked: 0 }],
    ['its request is seen, and is not there', { refuses: false, lacks: true, asked: 0 }],
  ] as const satisfies readonly (readonly [string, Faulty])[])
    it(`is tried again with pauses, keeps nothing else waiting, and runs in the end, as ${what}`, async () => {
      const now: Faulty = { ...fault };
      const one = await world.publish(1);
      const two = await world.publish(2);
      await world.agent({ open: async (url, options) => faulty(await openCoordinator(url, options), now) });
      await world.deploy(one);
      await world.untilOn(one);
      const id = await requestCommand(world.coordinator, 'f/0', { command: ['true'] }, requester);
      await eventually(() => assert.ok(now.asked > 0));
      await world.upgrade(two);
      await world.untilOn(two);
      assert.ok(now.asked < 10, `it was asked ${now.asked} times`);
      Object.assign(now, { refuses: false, lacks: false });
      await eventually(async () => {
        const request = await readEntity(world.coordinator, paths.command('f/0', id), commandRequestSchema);
        assert.equal(request?.value.result?.outcome, 'exited');
      });
    });
});
