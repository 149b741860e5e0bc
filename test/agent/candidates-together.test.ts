import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { candidatesPath } from '../../control/candidates/known-candidates.js';
import type { OpenCandidate } from '../../state/model/candidates.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { commitAll, git } from '../servers/git-server.js';
import { type CommandEnd, ensemble } from './operator.js';
import { World } from './world.js';

describe('candidates that need each other', function () {
  this.timeout(120_000);
  let world: World;
  let directory: string;
  let repository: string;

  before(async () => {
    world = await World.open();
    directory = world.path('world');
    repository = `git+file://${directory}`;
    await world.writeFormula(1);
    await blog(1);
    await commitAll(directory);
    await world.agent();
    for (const formula of ['f', 'blog']) await ok('deploy', '--repository', repository, '-n', '2', formula);
    await known([
      await propose('themes', 'blog', () => blog(2)),
      await propose('faster', 'f', () => world.writeFormula(2), ['themes']),
    ]);
  });
  after(() => world.close());

  const blog = async (revision: number, hook = 'exit 0'): Promise<void> => {
    const hooks = world.path('world', `blog-${revision}`, 'hooks');
    await mkdir(hooks, { recursive: true });
    await writeFile(`${hooks}/../metadata.yaml`, `name: blog\nrevision: ${revision}\nsummary: a test\n`);
    await writeFile(`${hooks}/upgrade-formula`, `#!/bin/sh\n${hook}\n`, { mode: 0o755 });
  };
  const ok = async (...words: readonly string[]): Promise<CommandEnd> => {
    const end = await ensemble(world, ...words);
    assert.equal(end.code, 0, `ensemble ${words.join(' ')}: ${end.stderr}`);
    return end;
  };
  const runs = async (...units: readonly string[]): Promise<readonly string[]> =>
    (await world.coordinator.getMany(units.map(paths.unit))).map(
      (node) => JSON.parse(node?.value ?? '{}').formula,
    );
  /** Makes a branch `candidate/<name>` with a change in it. @returns what the watcher knows of it */
  const propose = async (
    name: string,
    formula: string,
    change: () => Promise<unknown>,
    needs: readonly string[] = [],
  ): Promise<OpenCandidate> => {
    await git(directory, 'checkout', '--quiet', '-B', `candidate/${name}`, 'main');
    await change();
    const commit = await commitAll(directory);
    await git(directory, 'checkout', '--quiet', 'main');
    const at = '2026-01-01T00:00:00Z';
    return {
      key: `branch:${name}`,
      formula,
      revision: 2,
      commit,
      ref: `refs/heads/candidate/${name}`,
      url: '',
      title: '',
      updatedAt: at,
      movedAt: at,
      id: `p@candidate/${name}`,
      dependsOn: needs.map((need) => `p@candidate/${need}`),
    };
  };
  /** As the watcher writes it. */
  const known = async (candidates: readonly OpenCandidate[]): Promise<void> => {
    await ensureWatcherNodes(world.coordinator);
    const path = candidatesPath(repository);
    const value = nodeValue({ url: repository, at: '2026-01-01T00:00:00Z', known: true, candidates });
    if ((await world.coordinator.get(path)) === undefined) await world.coordinator.create(path, value);
    else await world.coordinator.set(path, value);
  };
  const TRY = ['upgrade-formula', '--candidate', 'branch:faster', '--unit', 'f/1', '--unit', 'blog/0', 'f'];

  it('are tried by one command, each after what it needs, and go back by one', async () => {
    const dry = JSON.parse((await ok(...TRY, '--dry-run', '--format', 'json')).stdout);
    assert.deepEqual(
      dry.together.map((each: { service: string }) => each.service),
      ['blog', 'f'],
    );
    const { stderr } = await ok(...TRY);
    assert.match(stderr, /upgrading blog\/0 to .*upgrading f\/1 to /s);
    assert.doesNotMatch(stderr, /goes blog/, 'what is tried along is not to be tried by another command');
    const [f, other, b, c] = await runs('f/1', 'f/0', 'blog/0', 'blog/1');
    assert.match(f ?? '', /^world~.*:f-2$/);
    assert.match(b ?? '', /^world~.*:blog-2$/);
    assert.deepEqual([other, c], ['world:f-1', 'world:blog-1'], 'the other units know nothing of it');
    const [, back = ''] = /all of it goes back by: ensemble (.*)/.exec(stderr) ?? [];
    assert.equal(back, 'revert-formula f/1 blog/0', 'what needs the others goes back before them');
    await ok(...back.split(' '));
    assert.deepEqual(await runs('f/1', 'blog/0'), ['world:f-1', 'world:blog-1']);
  });

  it('are not tried once one that they need failed, which is said, as is the way back', async () => {
    await known([
      await propose('themes', 'blog', () => blog(2, 'exit 1')),
      await propose('faster', 'f', () => world.writeFormula(2), ['themes']),
    ]);
    const failed = await ensemble(world, ...TRY, '--revert-on-error');
    assert.equal(failed.code, 1, failed.stderr);
    assert.match(failed.stderr, /f is not asked: it needs what was tried before it/);
    assert.deepEqual(await runs('f/1', 'blog/0'), ['world:f-1', 'world:blog-1']);
  });

  it('are told from units that have nothing to do with them', async () => {
    await known([await propose('faster', 'f', () => world.writeFormula(2))]);
    const { code, stderr } = await ensemble(world, ...TRY);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /blog\/0 is no unit of service f, nor of one whose formula branch:faster needs as far as a watcher knows\n {2}try: ensemble watcher candidates/,
    );
    assert.deepEqual(await runs('f/1', 'blog/0'), ['world:f-1', 'world:blog-1']);
  });
});
