import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { buildRelease, type Programs, present, previousRelease, Site } from './previous-release.js';

const release = previousRelease();

/*
 * The procedure of docs/operators.md, “Upgrading Ensemble”, with the release before this one as it was built from its commit.
 */
(release === undefined ? describe.skip : describe)(
  `a machine that goes from release ${release?.version ?? '(which the history of this clone does not have)'} to this one`,
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
          await site.run(previous, 'bootstrap');
        });
        afterEach(async () => {
          await server?.stop();
          server = undefined;
          await site.close();
        });

        const unitsAre = (programs: Programs, expected: Readonly<Record<string, string>>): Promise<void> =>
          eventually(async () => {
            const units = (await site.status(programs)).services.app?.units ?? {};
            assert.deepEqual(
              Object.fromEntries(
                Object.entries(units).map(([unit, { formula, state: now }]) => [unit, `${now} ${formula}`]),
              ),
              expected,
            );
          });
        const both = (revision: number) => ({
          'app/0': `started principia:app-${revision}`,
          'app/1': `started principia:app-${revision}`,
        });

        for (const signal of ['SIGTERM', 'SIGKILL'] as const)
          it(`keeps session, presence, journal and the hooks that run, where the old agent ends by ${signal}`, async () => {
            const old = site.agent(previous);
            await site.run(previous, 'deploy', '-n', '2', 'app');
            const coordinator = await openCoordinator(state);
            try {
              const member = paths.member(paths.meeting('0'), 'app/0');
              await eventually(async () => assert.ok(await coordinator.get(member)));
              let blinked = false;
              coordinator.observe(member, (node) => {
                blinked ||= node === undefined;
              });
              await site.run(previous, 'set', 'app', 'long=yes');
              await eventually(() =>
                assert.equal(site.trace().filter((line) => line.includes('config-changed')).length, 4),
              );
              const session = readFileSync(join(site.data, 'session'), 'utf8');
              await site.end(old, signal);

              site.agent(present);
              const isThere = (...path: readonly string[]): boolean => existsSync(join(site.home, ...path));
              // Its presence stays, so that is no sign of it.
              await eventually(() => {
                assert.ok(isThere('layout.v2') && isThere('site/machines/m0/layout.v2'));
                assert.ok(!isThere('site/machines/m0/layout.v1'));
                assert.equal(JSON.parse(readFileSync(join(site.data, 'session'), 'utf8')).session, session);
              });
              site.letGo();
              await unitsAre(present, both(1));
              assert.ok(!blinked, 'its presence was never gone');
              await eventually(() =>
                assert.deepEqual(
                  readdirSync(join(site.data, 'runs')).filter((run) => !run.endsWith('.removed')),
                  [],
                ),
              );
              const counted = site
                .trace()
                .filter((line) => line.startsWith('app/0'))
                .sort();
              assert.deepEqual(counted, [
                'app/0 config-changed 1',
                'app/0 config-changed 1',
                'app/0 install 1',
                'app/0 start 1',
              ]);
            } finally {
              await coordinator.close();
            }
          });

        it('goes back to the release before while nothing is turned on, with its session and all that was done since', async () => {
          const old = site.agent(previous);
          await site.run(previous, 'deploy', '-n', '2', 'app');
          await unitsAre(previous, both(1));
          await site.end(old, 'SIGTERM');
          const newer = site.agent(present);
          site.formula(2);
          await site.run(present, 'upgrade-formula', '--strategy', 'all', 'app');
          await unitsAre(present, both(2));
          const coordinator = await openCoordinator(state);
          try {
            const member = paths.member(paths.meeting('0'), 'app/0');
            await eventually(async () => assert.ok(await coordinator.get(member)));
            let blinked = false;
            coordinator.observe(member, (node) => {
              blinked ||= node === undefined;
            });
            // Hooks that run on while both agents are away.
            await site.run(present, 'set', '--no-wait', 'app', 'long=yes');
            await eventually(() =>
              assert.equal(site.trace().filter((line) => /config-changed 2/.test(line)).length, 4),
            );
            await site.end(newer, 'SIGTERM');
            const { session } = JSON.parse(readFileSync(join(site.data, 'session'), 'utf8'));

            const layBack = await site.migrate('--back');
            assert.match(layBack, /m0: release 0\.1\.0 can read it\n {2}changed: session session\n/);
            assert.ok(!existsSync(join(site.data, 'layout.v2')) && existsSync(join(site.data, 'layout.v1')));
            assert.equal(readFileSync(join(site.data, 'session'), 'utf8').trim(), session);
            const again = site.agent(previous);
            site.letGo();
            await unitsAre(previous, both(2));
            assert.ok(!blinked, 'its presence was never gone');
            site.formula(3);
            await site.run(previous, 'upgrade-formula', 'app');
            await unitsAre(previous, both(3));
            await site.end(again, 'SIGTERM');
          } finally {
            await coordinator.close();
          }

          site.agent(present);
          site.formula(4);
          await site.run(present, 'upgrade-formula', '--strategy', 'all', 'app');
          await unitsAre(present, both(4));
          const hooks = site.trace().filter((line) => line.startsWith('app/0'));
          assert.deepEqual(
            hooks.filter((line) => !line.includes('config-changed')),
            [
              'app/0 install 1',
              'app/0 start 1',
              'app/0 upgrade-formula 2',
              'app/0 upgrade-formula 3',
              'app/0 upgrade-formula 4',
            ],
          );
        });

        it('is worked on by commands of either release, before it and after', async () => {
          const old = site.agent(previous);
          // This release's commands, the agent and the state of the one before.
          await site.run(present, 'deploy', '-n', '2', 'app');
          site.formula(2);
          await site.run(present, 'upgrade-formula', '--strategy', 'all', 'app');
          await unitsAre(previous, both(2));
          assert.ok(existsSync(join(site.data, 'layout.v1')), 'a command leaves the agent’s directory alone');
          await site.end(old, 'SIGTERM');

          site.agent(present);
          await unitsAre(present, both(2));
          // Commands of the one before, with this release's agent and what it makes of the state.
          site.formula(3);
          await site.run(previous, 'upgrade-formula', 'app');
          await unitsAre(previous, both(3));
          await site.run(previous, 'set', 'app', 'long=');
          await site.run(previous, 'remove-unit', 'app/1');
          await unitsAre(present, { 'app/0': 'started principia:app-3' });
          await unitsAre(previous, { 'app/0': 'started principia:app-3' });
        });
      });
  },
);
