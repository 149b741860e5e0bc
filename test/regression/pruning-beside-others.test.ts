import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pruneAll } from '../../control/prune/prune.js';
import { publish } from '../../control/publish/publish.js';
import type { Session } from '../../control/session.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { publishable } from '../../state/formula/publishable.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import { newChangeId } from '../../state/model/conflict.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { createService } from '../../state/model/services.js';
import { setFormula } from '../../control/rollout/set-formula.js';
import { openStorage } from '../../state/storage/open.js';
import type { Storage } from '../../state/storage/storage.js';
import { requester, World } from '../agent/world.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

/** The same object, with `step` awaited before each call. */
function stepping<T extends object>(of: T, step: () => Promise<void>): T {
  return new Proxy(of, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await step();
        return member.apply(target, args);
      };
    },
  });
}

describe('pruning at the same moment as somebody publishes or takes a formula up', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());

  for (const engine of ['embedded', 'zookeeper'] as const)
    describe(engine, () => {
      let world: World;
      let storage: Storage;
      let other: Coordinator;
      let work: string;
      let revision = 0;
      before(async () => {
        world = await World.open(
          engine === 'zookeeper' ? { state: `zookeeper://${server.address}/prune` } : {},
        );
        storage = await openStorage(world.storage);
        other = await openCoordinator(world.state);
        work = await mkdtemp(join(tmpdir(), 'ensemble-prune-'));
      });
      after(async () => {
        storage.close();
        await other.close();
        await world.close();
        await rm(work, { recursive: true });
      });

      /** One who works with the tree and the storage, and does `act` before the `at`th of its requests. */
      function party(coordinator: Coordinator, at: number, act: () => Promise<void>) {
        let steps = 0;
        const step = async (): Promise<void> => {
          steps += 1;
          if (steps === at) await act();
        };
        const environment = { name: 'world', state: world.state, storage: world.storage };
        const stored = stepping(storage, step);
        const session: Session = {
          environment,
          coordinator: stepping(coordinator, step),
          storage: async () => stored,
        };
        return { session, steps: () => steps };
      }
      const nothing = async (): Promise<void> => undefined;

      /** Formula `f-<revision>` as it is published, and the service that takes it up. */
      async function scene() {
        revision += 1;
        const id = `world:f-${revision}`;
        await world.writeFormula(revision);
        const candidate = (await openRepository(world.path('world'))).find('f', revision);
        const directory = await mkdtemp(join(work, 'bundle-'));
        const prepared = await publishable(candidate, directory);
        const service = `s-${'x'.repeat(revision)}`;
        const origin = { formula: id, repository: { name: 'world', path: '/' } };
        const publishing = (session: Session, take: () => Promise<void>): Promise<unknown> =>
          publish(session, id, prepared, 0, () => undefined, take);
        const deploying = (session: Session): Promise<unknown> =>
          publishing(session, () => createService(session.coordinator, service, origin, {}, undefined, true));
        const upgrading = (session: Session): Promise<unknown> =>
          publishing(session, () =>
            setFormula(
              session.coordinator,
              'upgraded',
              (current) => ({ ...current, formula: id, change: newChangeId() }),
              requestEntry(requester, { what: 'upgrade' }),
            ),
          );
        const twin = (): Promise<unknown> =>
          publish(whole(world.coordinator), `twin:f-${revision}`, prepared, 0, () => undefined, nothing);
        return { id, prepared, publishing, deploying, upgrading, twin };
      }

      const pruning = (session: Session): Promise<unknown> => pruneAll(session, { keep: 0, historyDays: 30 });
      const whole = (coordinator: Coordinator): Session => party(coordinator, 0, nothing).session;

      async function isWhole(id: string, size: number, when: string): Promise<void> {
        const record = await readFormulaRecord(world.coordinator, id);
        assert.ok(record, `${id} is published: ${when}`);
        assert.equal(await storage.size(record.storageKey), size, `its bundle is there: ${when}`);
      }

      const cases = [
        { how: 'deploying', published: 'before' },
        { how: 'deploying', published: 'just then' },
        { how: 'deploying', published: 'as another formula with the same bundle' },
        { how: 'upgrading', published: 'before' },
      ] as const;
      for (const { how, published } of cases)
        it(`keeps what is taken up by ${how}, published ${published}`, async () => {
          if (how === 'upgrading') {
            const { id, deploying } = await scene();
            await deploying(whole(world.coordinator));
            const service = { formula: id, repository: { name: 'world', path: '/' } };
            await createService(world.coordinator, 'upgraded', service, {});
          }
          // Pruning as a whole before each request of the other, then the other way round.
          const ways = how === 'deploying' ? (['prune', 'publish'] as const) : (['prune'] as const);
          for (const inner of ways)
            for (let at = 1, last = 1; at <= last; at += 1) {
              const one = await scene();
              const { id, prepared } = one;
              if (published === 'before') await one.publishing(whole(world.coordinator), nothing);
              if (published === 'as another formula with the same bundle') await one.twin();
              const take = one[how];
              const between = (): Promise<unknown> =>
                inner === 'prune' ? pruning(whole(other)) : take(whole(other));
              const outer = party(world.coordinator, at, async () => void (await between()));
              await (inner === 'prune' ? take(outer.session) : pruning(outer.session));
              const when = `${inner} before request ${at} of the other`;
              if (inner === 'prune' || outer.steps() >= at) await isWhole(id, prepared.digest.size, when);
              last = Math.max(last, outer.steps());
              assert.ok(last < 200, 'it comes to an end');
            }
        });

      it('removes what nobody took up, bundle and all', async () => {
        const { id, publishing } = await scene();
        await publishing(whole(world.coordinator), nothing);
        const record = await readFormulaRecord(world.coordinator, id);
        assert.ok(record);
        await pruning(whole(world.coordinator));
        assert.equal(await readFormulaRecord(world.coordinator, id), undefined);
        assert.equal(await storage.size(record.storageKey), undefined);
      });
    });
});
