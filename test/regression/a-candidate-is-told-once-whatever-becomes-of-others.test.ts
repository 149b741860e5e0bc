import assert from 'node:assert/strict';
import { forgeRequest } from '../../control/candidates/forges/request.js';
import { pauseWatching, resumeWatching } from '../../control/watching/pause.js';
import { CandidatesPart } from '../../watcher/candidates/candidates-part.js';
import { commitAll, git, gitBackend } from '../servers/git-server.js';
import { WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

const BY = { requestedAt: '2026-01-01T00:00:00Z', by: 'ann@a' };

describe('a change that is to be tried', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  beforeEach(async () => {
    server = await WebServer.start(gitBackend(at.world.root));
  });
  afterEach(() => server.stop());

  /** A repository with branches that propose `f`, one for each name. */
  async function repository(path: string, ...branches: readonly string[]): Promise<string> {
    const { world } = at;
    const directory = world.path(path);
    await world.formula(`${path}/f`, 'f', 1);
    await commitAll(directory);
    for (const name of branches) {
      await git(directory, 'checkout', '--quiet', '-B', `candidate/${name}`, 'main');
      await world.formula(`${path}/f`, 'f', 2, `description: ${name}\n`);
      await commitAll(directory);
    }
    await git(directory, 'checkout', '--quiet', 'main');
    return `git+${server.url}${path}`;
  }

  async function watched(services: Readonly<Record<string, string>>) {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    for (const [name, url] of Object.entries(services)) await world.service(coordinator, name, id, url);
    const parts = [new CandidatesPart({ request: forgeRequest, variables: {} })];
    const watcher = world.standing([environment], { parts });
    return { coordinator, watcher };
  }
  /** What was told of candidates since it was asked last. */
  const told = (): readonly string[] =>
    at.world.announced
      .splice(0)
      .flatMap(({ service, candidate }) =>
        candidate === undefined ? [] : [`${service} ${candidate.change}`],
      )
      .sort();
  /** Has something done once, while a service is told of a candidate. */
  const whileTold = (work: () => Promise<unknown>): void => {
    at.world.receiving = async () => {
      at.world.receiving = async () => undefined;
      await work();
    };
  };

  it('is told to all in one pass, and to nobody twice, also where a service becomes another meanwhile', async () => {
    const one = await repository('one', 'blue', 'red');
    const two = await repository('two', 'green');
    const { coordinator, watcher } = await watched({ s1: one, s2: one, s3: one, s4: two });
    whileTold(async () => {
      await at.world.policy(coordinator, 's2', { mode: 'notify', soak: '2h' });
      await at.world.policy(coordinator, 's3', { mode: 'off' });
    });
    await watcher.once();
    const all = ['s1 branch:blue', 's1 branch:red', 's2 branch:blue', 's2 branch:red', 's4 branch:green'];
    assert.deepEqual(told(), all);
    await watcher.pass();
    assert.deepEqual(told(), []);
  });

  it('is told to nobody twice that was told before operators paused the watcher, and the others once it looks again', async () => {
    const one = await repository('one', 'blue', 'red');
    const { coordinator, watcher } = await watched({ s1: one });
    whileTold(() => pauseWatching(coordinator, undefined, BY));
    await watcher.once();
    assert.deepEqual(told(), ['s1 branch:blue']);
    await resumeWatching(coordinator, BY);
    await watcher.pass();
    assert.deepEqual(told(), ['s1 branch:red']);
  });
});
