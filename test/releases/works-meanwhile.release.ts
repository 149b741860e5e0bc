import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upgradeEnvironment } from '../../control/environment/upgrade-environment.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { buildRelease, type Programs, present, previousRelease, Site } from './previous-release.js';

const release = previousRelease();

/** Services that nobody works on, so that there are batches for all commands: one for each of them, and for its relation. */
const MORE = ['more-a', 'more-b', 'more-c'];

/*
 * An environment that the release before this one made changes its shape in batches of one, and between each and the next the
 * operators and agents are at work.
 */
(release === undefined ? describe.skip : describe)(
  `while the shape of an environment of release ${release?.version ?? '(none in this clone)'} changes`,
  function () {
    this.timeout(300_000);
    let place: string;
    let previous: Programs;
    before(() => {
      place = mkdtempSync(join(tmpdir(), 'ensemble-previous-'));
      if (release !== undefined) previous = buildRelease(release, join(place, 'release'));
    });
    after(() => rmSync(place, { recursive: true, force: true }));

    for (const engine of ['the embedded engine', 'ZooKeeper'] as const)
      describe(`on ${engine}`, () => {
        let server: ZookeeperServer | undefined;
        let site: Site;
        let state: string;
        beforeEach(async () => {
          if (engine === 'ZooKeeper') server = await startZookeeper();
          site = new Site(server === undefined ? 'embedded:./state' : `zookeeper://${server.address}/site`);
          state =
            server === undefined
              ? `embedded:${join(site.home, 'state')}`
              : `zookeeper://${server.address}/site`;
          site.formula(1);
          site.letGo();
          await site.run(previous, 'bootstrap');
          const old = site.agent(previous);
          await site.run(previous, 'deploy', '--no-wait', '-n', '2', 'app');
          await unitsAre({ 'app/0': 1, 'app/1': 1 });
          await site.end(old, 'SIGTERM');
        });
        afterEach(async () => {
          await site.close();
          await server?.stop();
          server = undefined;
        });

        /** Waits until these are the units of these services, started with these revisions. */
        const unitsAre = (expected: Readonly<Record<string, number>>): Promise<void> =>
          eventually(async () => {
            const services = Object.values((await site.status(present)).services);
            const units = Object.fromEntries(
              services.flatMap(({ units: all }) =>
                Object.entries(all).map(([unit, { state: now, formula }]) => [unit, `${now} ${formula}`]),
              ),
            );
            const wanted = Object.entries(expected).map(([unit, revision]) => [
              unit,
              `started principia:app-${revision}`,
            ]);
            assert.deepEqual(units, Object.fromEntries(wanted));
          }, 60_000);

        /** What `upgrade-environment` would do now. */
        const wants = async (): Promise<string> =>
          JSON.parse(await site.run(present, 'machines', '--format', 'json')).environment.upgrade.state;

        /** What the hooks of a unit did, but for `config-changed`, which may run once more. */
        const did = (unit: string): readonly string[] =>
          site
            .trace()
            .filter((line) => line.startsWith(`${unit} `) && !line.includes('config-changed'))
            .map((line) => line.slice(unit.length + 1));

        const nothingWasPutAside = (...removed: readonly string[]): void => {
          const aside = join(site.data, 'removed');
          const names = existsSync(aside) ? readdirSync(aside) : [];
          assert.deepEqual(
            names.filter((name) => !removed.some((unit) => name.startsWith(unit))),
            [],
          );
        };

        it('this release’s agent works on as ever', async () => {
          await site.run(previous, 'deploy', '--no-wait', '-n', '3', 'app', 'idle');
          for (const service of MORE) await site.run(previous, 'deploy', '--no-wait', 'app', service);
          const agent = site.agent(present);
          await eventually(async () => assert.equal(await wants(), 'needed'));
          const coordinator = await openCoordinator(state);
          try {
            site.formula(2);
            const work: readonly (readonly [Programs, ...string[]])[] = [
              [present, 'upgrade-formula', '--strategy', 'all', 'app'],
              [previous, 'add-unit', 'idle'],
              [present, 'add-unit', 'app'],
              [present, 'set', 'app', 'long=1'],
              [previous, 'remove-unit', 'idle/1'],
              [present, 'deploy', 'app', 'late'],
              [previous, 'deploy', '--no-wait', 'app', 'later'],
              [present, 'remove-unit', 'app/1'],
              [previous, 'set', 'later', 'long=1'],
              [present, 'revert-formula', 'app'],
            ];
            const done: Promise<string>[] = [];
            /** Every batch rests on what stood before another command came in between. */
            const changing = writingWith(coordinator, async (write) => {
              const next = work[done.length];
              if (next !== undefined) {
                done.push(site.run(...next));
                // Those before this release do not work any more once the batches are done.
                await (next[0] === previous ? done.at(-1) : done.at(-3));
              }
              await write();
            });
            const environment = { name: 'site', state, storage: '' };
            const requester = { by: 'operator@host', requestedAt: '2026-01-01T00:00:00.000Z' };
            const upgraded = await upgradeEnvironment({ coordinator: changing, environment }, requester, {
              most: 1,
            });
            assert.deepEqual([upgraded.skipped, upgraded.late], [[], []]);
            assert.equal(done.length, work.length, 'there was a batch for each command');
            await Promise.all(done);

            const others = ['late/0', 'later/0', ...MORE.map((service) => `${service}/0`)];
            const there = ['app/0', 'app/2', 'idle/0', 'idle/2', 'idle/3', ...others];
            assert.equal(await wants(), 'current');
            await eventually(async () => {
              for (const unit of there) {
                const node = JSON.parse((await coordinator.get(paths.unit(unit)))?.value ?? '{}');
                assert.match(String(node.incarnation), /^[0-9a-f]{12}$/, unit);
                assert.ok(await coordinator.get(paths.life(unit, node.incarnation)), unit);
              }
            });
            await eventually(async () => {
              const { services } = await site.status(present);
              const units = Object.values(services).flatMap((service) => Object.entries(service.units));
              assert.deepEqual(units.map(([unit]) => unit).toSorted(), there.toSorted());
              for (const [unit, { state: now }] of units) assert.equal(now, 'started', unit);
            }, 60_000);
            for (const unit of there)
              assert.deepEqual(
                did(unit)
                  .filter((hook) => /^(?:install|start) /.test(hook))
                  .map((hook) => hook.split(' ')[0]),
                ['install', 'start'],
                `${unit} is made once`,
              );
            nothingWasPutAside('app-1', 'idle-1');
            await site.end(agent, 'SIGTERM');
          } finally {
            await coordinator.close();
          }
        });

        it('the agent of the release before is refused, or does no harm and is waited for', async () => {
          const first = site.agent(present);
          await eventually(async () => assert.equal(await wants(), 'needed'));
          await site.end(first, 'SIGTERM');
          await site.run(previous, 'deploy', '--no-wait', '-n', '2', 'app', 'idle');
          const upgrade = (name: string): readonly string[] => [
            'upgrade-environment',
            '--export',
            join(site.root, name),
          ];
          assert.ok(await site.dies('upgrade-environment.batch.after=kill:2', ...upgrade('first')));

          // In the middle. It is as a machine that was never laid back, and then as one that was.
          assert.match(await site.refused(previous), /was laid out by a newer Ensemble \(layout\.v2\)/);
          await site.migrate('--back');
          const back = site.agent(previous);
          const other = site.agent(previous, 'm1');
          await eventually(async () => {
            assert.equal(await wants(), 'blocked');
            const { machines } = await site.status(present);
            assert.deepEqual([machines.m0?.agent, machines.m1?.agent], ['up', 'up']);
          });
          site.formula(2);
          await site.run(previous, 'upgrade-formula', 'app');
          await site.run(previous, 'remove-unit', 'idle/1');
          await unitsAre({ 'app/0': 2, 'app/1': 2, 'idle/0': 1 });
          await assert.rejects(
            site.run(present, ...upgrade('blocked')),
            /cannot be upgraded yet: m0 .* lacks layout 3, .*; m1 .* lacks layout 3/,
          );
          await site.end(other, 'SIGTERM');
          await site.end(back, 'SIGKILL');

          const again = site.agent(present);
          const second = site.agent(present, 'm1');
          await eventually(async () => assert.equal(await wants(), 'needed'));
          await site.run(present, ...upgrade('last'));
          site.formula(3);
          for (const service of ['app', 'idle'])
            await site.run(present, 'upgrade-formula', '--strategy', 'all', service);
          await unitsAre({ 'app/0': 3, 'app/1': 3, 'idle/0': 3 });
          for (const agent of [again, second]) await site.end(agent, 'SIGTERM');

          // At its end. The tree refuses it where the disk does not.
          assert.match(await site.refused(previous), /was laid out by a newer Ensemble \(layout\.v2\)/);
          await site.migrate('--back');
          assert.match(
            await site.refused(previous),
            /needs an Ensemble that reads layout 3; this one reads 1/,
          );
          site.agent(present);
          await unitsAre({ 'app/0': 3, 'app/1': 3, 'idle/0': 3 });
          for (const unit of ['app/0', 'app/1'])
            assert.deepEqual(did(unit), ['install 1', 'start 1', 'upgrade-formula 2', 'upgrade-formula 3']);
          assert.deepEqual(did('idle/0'), ['install 1', 'start 1', 'upgrade-formula 3']);
          nothingWasPutAside('idle-1');
        });
      });
  },
);

/** The same coordinator, whose writes of a batch go through `act`. */
function writingWith(
  coordinator: Coordinator,
  act: (write: () => Promise<void>) => Promise<void>,
): Coordinator {
  return new Proxy(coordinator, {
    get(target, key) {
      if (key === 'transaction')
        return (operations: Parameters<Coordinator['transaction']>[0]) => {
          const write = (): Promise<void> => target.transaction(operations);
          const isBatch = operations[0]?.kind === 'set' && operations[0].path === paths.layoutStep;
          return isBatch ? act(write) : write();
        };
      const member: unknown = Reflect.get(target, key);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
