import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { buildRelease, type Programs, present, previousRelease, Site } from './previous-release.js';

const release = previousRelease();
const seed = chooseSeed();

/** Kills in each stretch of one release's agent. */
const KILLS = 4;

/*
 * A machine whose agent is of one release and then of the other, forth, back and forth again, and dies at any moment, while
 * commands of both releases upgrade and configure what it hosts. What holds without all that has to hold then.
 */
(release === undefined ? describe.skip : describe)(
  `agents of release ${release?.version ?? '(none in this clone)'} and of this one that die at random (SEED=${seed})`,
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
      it(`lose and repeat nothing on ${engine}`, async () => {
        const random = seeded(seed);
        let server: ZookeeperServer | undefined;
        if (engine === 'ZooKeeper') server = await startZookeeper();
        const site = new Site(
          server === undefined ? 'embedded:./state' : `zookeeper://${server.address}/site`,
        );
        try {
          await run(site, random);
        } finally {
          await site.close();
          await server?.stop();
        }
      });

    async function run(site: Site, random: () => number): Promise<void> {
      const either = (): Programs => (random() < 0.5 ? previous : present);
      let revision = 1;
      let agent: ChildProcess | undefined;
      site.formula(revision);
      // No hook waits for anybody.
      site.letGo();
      await site.run(previous, 'bootstrap');

      /** Upgrades by a command of either release; what follows its units waits here for nobody. */
      const upgrade = async (): Promise<void> => {
        revision += 1;
        site.formula(revision);
        const programs = either();
        const words = programs === present ? ['--strategy', 'all'] : [];
        await site.run(programs, 'upgrade-formula', '--no-wait', ...words, 'app');
      };
      const configure = async (): Promise<void> => {
        const programs = either();
        // Only this release's follows its units.
        const words = programs === present ? ['--no-wait'] : [];
        await site.run(programs, 'set', ...words, 'app', `long=${revision}`);
      };
      const atRest = (): Promise<void> =>
        eventually(async () => {
          const units = (await site.status(either())).services.app?.units ?? {};
          for (const unit of ['app/0', 'app/1'])
            assert.equal(
              `${units[unit]?.state} ${units[unit]?.formula}`,
              `started principia:app-${revision}`,
              unit,
            );
        }, 60_000);

      for (const programs of [previous, present, previous, present]) {
        if (programs === previous && revision > 1) await site.migrate('--back');
        agent = site.agent(programs);
        if (revision === 1) {
          await site.run(previous, 'deploy', '--no-wait', '-n', '2', 'app');
          // Before it is installed there is nothing to be upgraded from.
          await atRest();
        }
        for (let kill = 0; kill < KILLS; kill += 1) {
          await upgrade();
          if (random() < 0.5) await configure();
          await new Promise((resolve) => setTimeout(resolve, random() * 600));
          await site.end(agent, 'SIGKILL');
          agent = site.agent(programs);
        }
        await atRest();
        await site.end(agent, random() < 0.5 ? 'SIGTERM' : 'SIGKILL');
      }
      assert.equal(revision, 1 + 4 * KILLS);
      for (const unit of ['app/0', 'app/1']) {
        const hooks = site
          .trace()
          .map((line) => line.split(' '))
          .filter(([name]) => name === unit);
        const of = (hook: string): readonly number[] =>
          hooks.filter(([, name]) => name === hook).map(([, , number]) => Number(number));
        assert.deepEqual(of('install'), [1], `${unit} was installed once`);
        const upgrades = of('upgrade-formula');
        assert.equal(upgrades.at(-1), revision, `${unit} has the last one`);
        // An upgrade that was overtaken before it began is left out; none is done again, nor out of its order.
        assert.deepEqual(
          upgrades,
          [...new Set(upgrades)].sort((a, b) => a - b),
          unit,
        );
      }
    }
  },
);
