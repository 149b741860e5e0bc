import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { buildRelease, type Programs, present, previousRelease, Site } from './previous-release.js';

const release = previousRelease();

/** Every write of `upgrade-environment`, in its order: the services, the relation, and the units go in a batch each. */
const WRITES = ['begin', 'batch:1', 'batch:2', 'batch:3', 'pass', 'raise', 'end'];

/** The faults that kill it before and after each write. */
const FAULTS = WRITES.flatMap((write) => {
  const [name = '', time] = write.split(':');
  const kill = time === undefined ? 'kill' : `kill:${time}`;
  return ['before', 'after'].map((moment) => `upgrade-environment.${name}.${moment}=${kill}`);
});

/** The points at which one operator after the other is killed. An agent gave its units their incarnation itself. */
const ONE_AFTER_THE_OTHER = [
  'begin.before',
  'begin.after',
  'batch.before',
  'batch.after',
  'batch.after',
  'pass.before',
  'pass.after',
  'raise.before',
  'raise.after',
  'end.before',
  'end.after',
];

/*
 * An environment that the release before this one made, and works in: its services, relations and units have no incarnation.
 */
(release === undefined ? describe.skip : describe)(
  `the shape of an environment of release ${release?.version ?? '(none in this clone)'}`,
  function () {
    this.timeout(600_000);
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
        /** The URL of a state of its own. */
        const stateOf = (name: string): string =>
          server === undefined
            ? `embedded:${join(site.home, name)}`
            : `zookeeper://${server.address}/${name}`;

        beforeEach(async () => {
          if (engine === 'ZooKeeper') server = await startZookeeper();
          site = new Site(server === undefined ? 'embedded:./state' : `zookeeper://${server.address}/state`);
          site.formula(1);
          await site.run(previous, 'bootstrap');
          const old = site.agent(previous);
          await site.run(previous, 'deploy', '-n', '2', 'app');
          await unitsAre('started', 'app/0', 'app/1');
          await site.end(old, 'SIGTERM');
          const newer = site.agent(present);
          await eventually(async () => assert.equal(await wantsUpgrade(), 2));
          await site.end(newer, 'SIGTERM');
          // Nobody takes these up before the environment gives them their incarnation.
          await site.run(previous, 'deploy', '--no-wait', '-n', '2', 'app', 'idle');
        });
        afterEach(async () => {
          await site.close();
          await server?.stop();
          server = undefined;
        });

        /** What `upgrade-environment --check` exits with. */
        const wantsUpgrade = async (): Promise<number> => {
          const check = await site.run(present, 'machines', '--format', 'json');
          const { state } = JSON.parse(check).environment.upgrade;
          return ['current', '', 'needed', 'blocked'].indexOf(state);
        };
        const unitsAre = (state: string, ...names: readonly string[]): Promise<void> =>
          eventually(async () => {
            const { services } = await site.status(present);
            for (const name of names)
              assert.equal(services[name.split('/')[0] ?? '']?.units[name]?.state, state, name);
          }, 60_000);
        /** What the state of that name holds, but for the history, in which each request is another one. */
        async function digest(options: readonly string[]): Promise<string> {
          const file = join(mkdtempSync(join(site.root, 'export-')), 'export');
          await site.run(present, 'export', file, ...options);
          const nodes = readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => /^\["(?!\/history)/.test(line));
          assert.ok(nodes.length > 20);
          return createHash('sha256').update(nodes.join('\n')).digest('hex');
        }

        it('comes to the same wherever its change was killed', async () => {
          const backup = join(site.root, 'backup');
          await site.run(present, 'export', backup);
          const whole = async (name: string, fault?: string): Promise<string> => {
            const options = ['--state', stateOf(name), '--storage', `file:${join(site.home, 'storage')}`];
            const upgrade = (more: string): readonly string[] => [
              'upgrade-environment',
              '--export',
              join(site.root, `${name}-${more}`),
              ...options,
            ];
            await site.run(present, 'import', backup, ...options);
            if (fault !== undefined)
              assert.ok(await site.dies(fault, ...upgrade('one')), `${fault} is come to`);
            await site.run(present, ...upgrade('two'));
            return digest(options);
          };
          const undisturbed = await whole('undisturbed');
          for (const [index, fault] of FAULTS.entries())
            assert.equal(await whole(`at-${index}`, fault), undisturbed, fault);
        });

        it('changes under agents and hooks at work, and by one operator after the other', async () => {
          const agent = site.agent(present);
          await unitsAre('started', 'app/0', 'app/1');
          const coordinator = await openCoordinator(stateOf('state'));
          try {
            const member = paths.member(paths.meeting('0'), 'app/0');
            await eventually(async () => assert.ok(await coordinator.get(member)));
            let blinked = false;
            coordinator.observe(member, (node) => {
              blinked ||= node === undefined;
            });
            // Hooks that run all the while.
            await site.run(present, 'set', '--no-wait', 'app', 'long=yes');
            const configuring = (): readonly string[] =>
              site.trace().filter((line) => /^app.*config-changed/.test(line));
            await eventually(() => assert.equal(configuring().length, 4));
            for (const [index, point] of ONE_AFTER_THE_OTHER.entries()) {
              const file = join(site.root, `before-${index}`);
              const fault = `upgrade-environment.${point}=kill`;
              assert.ok(await site.dies(fault, 'upgrade-environment', '--export', file), fault);
              assert.equal(await wantsUpgrade(), point === 'end.after' ? 0 : 2, fault);
            }
            await site.run(present, 'upgrade-environment', '--export', join(site.root, 'last'));
            assert.equal(await wantsUpgrade(), 0);
            assert.equal(configuring().length, 4, 'they run on');
            site.letGo();
            await unitsAre('started', 'app/0', 'app/1', 'idle/0', 'idle/1');
            assert.ok(!blinked, 'its presence was never gone');

            for (const path of [paths.service('app'), paths.service('idle'), paths.relation('0')]) {
              const { incarnation, adopted } = JSON.parse((await coordinator.get(path))?.value ?? '');
              assert.deepEqual([/^[0-9a-f]{12}$/.test(incarnation), adopted], [true, true], path);
            }
            site.formula(2);
            for (const service of ['app', 'idle'])
              await site.run(present, 'upgrade-formula', '--strategy', 'all', service);
            await site.end(agent, 'SIGKILL');
            site.agent(present);
            await site.run(present, 'remove-unit', 'app/1');
            await eventually(async () =>
              assert.deepEqual(Object.keys((await site.status(present)).services.app?.units ?? {}), [
                'app/0',
              ]),
            );
            for (const unit of ['app/0', 'idle/0'])
              assert.deepEqual(
                site.trace().filter((line) => line.startsWith(unit) && !line.includes('config-changed')),
                [`${unit} install 1`, `${unit} start 1`, `${unit} upgrade-formula 2`],
              );
            const removed = join(site.data, 'removed');
            assert.deepEqual(
              existsSync(removed) ? readdirSync(removed).filter((name) => !name.startsWith('app-1')) : [],
              [],
            );
          } finally {
            await coordinator.close();
          }
        });
      });
  },
);
