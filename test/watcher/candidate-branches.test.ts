import assert from 'node:assert/strict';
import { forgeRequest } from '../../control/candidates/forges/request.js';
import { readCandidates } from '../../control/candidates/known-candidates.js';
import { setOf } from '../../control/candidates/together.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { CandidatesPart } from '../../watcher/candidates/candidates-part.js';
import { commitAll, git, gitBackend } from '../servers/git-server.js';
import { WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from './watched-world.js';

describe('branches that propose something', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  beforeEach(async () => {
    server = await WebServer.start(gitBackend(at.world.root));
  });
  afterEach(() => server.stop());

  /** Makes a branch `candidate/<name>` with one change in it. */
  async function propose(name: string, formula: string, message: string): Promise<void> {
    const directory = at.world.path('one');
    await git(directory, 'checkout', '--quiet', '-B', `candidate/${name}`, 'main');
    await at.world.formula(`one/${formula}`, formula, 2);
    await commitAll(directory);
    await git(directory, 'commit', '--quiet', '--amend', `--message=${message}`);
    await git(directory, 'checkout', '--quiet', 'main');
  }
  const known = async (coordinator: Coordinator) =>
    (await readCandidates(coordinator)).flatMap(({ candidates }) => candidates);

  it('are seen in the next pass, by the question that is asked anyway, with what their commits say that they need', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f', 'f', 1);
    await world.formula('one/g', 'g', 1);
    await commitAll(world.path('one'));
    await world.service(coordinator, 's', id, `git+${server.url}one`);
    const parts = [new CandidatesPart({ request: forgeRequest, variables: {} })];
    const watcher = await world.watch([environment], { parts });
    assert.deepEqual(await known(coordinator), []);
    await propose('themes', 'g', 'New themes');
    await propose('faster', 'f', 'Faster\n\nDepends on:\n- candidate/themes\n');
    await watcher.pass();
    const found = await known(coordinator);
    assert.deepEqual(found.map(({ key }) => key).sort(), ['branch:faster', 'branch:themes']);
    const faster = found.find(({ key }) => key === 'branch:faster');
    assert.deepEqual(
      setOf(faster?.id ?? '', found).members.map(({ key }) => key),
      ['branch:themes', 'branch:faster'],
    );
    assert.deepEqual(
      world.announced.map(({ candidate }) => candidate?.set.map(({ formula }) => formula)),
      [['g', 'f']],
    );
    server.asked.length = 0;
    await watcher.pass();
    const asked = server.asked.map(({ path }) => path.replace(/^.*\/one\//, ''));
    assert.deepEqual(asked, ['info/refs?service=git-upload-pack', 'git-upload-pack'], 'one poll');
    await git(world.path('one'), 'branch', '-D', '--quiet', 'candidate/faster');
    await watcher.pass();
    assert.deepEqual(
      (await known(coordinator)).map(({ key }) => key),
      ['branch:themes'],
    );
  });
});
