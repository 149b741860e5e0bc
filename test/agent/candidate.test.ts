import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { candidateOf } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { candidatesPath } from '../../control/candidates/known-candidates.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { commitAll, git } from '../servers/git-server.js';
import { type CommandEnd, ensemble } from './operator.js';
import { World } from './world.js';

describe('a candidate', function () {
  this.timeout(120_000);
  let world: World;
  let directory: string;
  let repository: string;

  beforeEach(async () => {
    world = await World.open();
    directory = world.path('world');
    repository = `git+file://${directory}`;
    await world.writeFormula(1);
    await commitAll(directory);
    await world.agent();
  });
  afterEach(() => world.close());

  const ok = async (...words: readonly string[]): Promise<CommandEnd> => {
    const end = await ensemble(world, ...words);
    assert.equal(end.code, 0, `ensemble ${words.join(' ')}: ${end.stderr}`);
    return end;
  };
  const value = async (path: string): Promise<{ formula: string; repository: unknown; earlier?: string[] }> =>
    JSON.parse((await world.coordinator.get(path))?.value ?? '{}');
  const runs = async (unit: string): Promise<string> => (await value(paths.unit(unit))).formula;

  /** Has a change stand at a ref, and leaves the branch main as it is. @returns its commit */
  const propose = async (ref: string, change: () => Promise<unknown>): Promise<string> => {
    await git(directory, 'checkout', '--quiet', '--detach', 'main');
    await change();
    const commit = await commitAll(directory);
    await git(directory, 'update-ref', ref, commit);
    await git(directory, 'checkout', '--quiet', 'main');
    return commit;
  };
  const pull = 'refs/pull/22/head';
  const tried = (commit: string): string => `world~pr22.g${commit.slice(0, 12)}:f-2`;

  it('is tried in one unit, is no release, and the unit goes back', async () => {
    await ok('deploy', '--repository', repository, '-n', '2', 'f');
    const first = await propose(pull, () => world.writeFormula(2));
    const attempt = ['upgrade-formula', '--candidate', 'pr:22', '--unit', 'f/1', 'f'];
    const dry = JSON.parse((await ok(...attempt, '--dry-run', '--format', 'json')).stdout);
    assert.deepEqual([dry.from, dry.to, dry.units.upgrade], ['world:f-1', tried(first), ['f/1']]);
    const { stderr } = await ok(...attempt);
    assert.match(stderr, new RegExp(`f 2~pr22\\.g${first.slice(0, 7)} is a candidate`));
    assert.doesNotMatch(stderr, /f\/0/, 'the others are not spoken of');
    assert.deepEqual([await runs('f/0'), await runs('f/1')], ['world:f-1', tried(first)]);
    assert.equal((await value(paths.service('f'))).formula, 'world:f-1', 'the service stays');
    const { f } = JSON.parse((await ok('newer', '--refresh', '--format', 'json', 'f')).stdout);
    assert.deepEqual([f.deployed, f.known, f.candidates], [1, true, []], 'nothing newer is released');

    const second = await propose(pull, () => world.writeFormula(2, { files: { more: 'x' } }));
    await ok(...attempt);
    assert.equal(await runs('f/1'), tried(second), 'another commit is another formula');
    assert.deepEqual((await value(paths.unit('f/1'))).earlier, [tried(first), 'world:f-1']);

    const third = await propose(pull, () => world.writeFormula(2, { files: { more: 'y' } }));
    await ok(...attempt);
    assert.equal(await runs('f/1'), tried(third));
    const left = await ok('upgrade-formula', 'f');
    assert.match(left.stderr, /f\/1 stays on its candidate, until: ensemble revert-formula f\/1/);
    const shown = `f 2~pr22.g${third.slice(0, 7)}`;
    assert.ok(
      (await ok('status')).stdout.includes(
        `f/1 tries ${shown}; back to a release: ensemble revert-formula f/1`,
      ),
    );
    // As the watcher writes it.
    const seen = { url: repository, at: '2026-01-01T00:00:00Z', known: true, candidates: [] };
    await ensureWatcherNodes(world.coordinator);
    await world.coordinator.create(candidatesPath(repository), nodeValue(seen));
    const { services } = JSON.parse((await ok('status', '--format', 'json')).stdout);
    assert.deepEqual(services.f.units['f/1'].candidate, {
      change: 'pr:22',
      shown,
      state: 'closed',
      back: 'ensemble revert-formula f/1',
    });
    const { stdout } = await ok('status');
    const [, back = ''] =
      /f\/1: runs f 2~pr22\.g\w+, and pr:22 is closed\n +next: ensemble (.*)/.exec(stdout) ?? [];
    await ok(...back.split(' '));
    assert.equal(await runs('f/1'), 'world:f-1', 'also where its machine keeps candidates alone');
  });

  it('that fails is left, and is not tried again without force', async () => {
    await ok('deploy', '--repository', repository, 'f');
    const commit = await propose(pull, () =>
      world.writeFormula(2, { hooks: { 'upgrade-formula': 'exit 1' } }),
    );
    const attempt = ['upgrade-formula', '--candidate', 'pr:22', '--unit', 'f/0', 'f'];
    const failed = await ensemble(world, ...attempt, '--revert-on-error');
    assert.equal(failed.code, 1, failed.stderr);
    assert.equal(await runs('f/0'), 'world:f-1');
    const again = await ensemble(world, ...attempt);
    assert.equal(again.code, 1, again.stderr);
    assert.match(again.stderr, new RegExp(`f/0 went back from ${tried(commit)}: nothing was upgraded`));
    assert.match(
      again.stderr,
      /until: ensemble upgrade-formula --force --candidate pr:22 --unit f\/0 f/,
      'and how it is tried all the same',
    );
    await propose(pull, () => world.writeFormula(2));
    await ok(...attempt);
  });

  it('gives way to the release that it becomes, also with the very same files', async () => {
    await ok('deploy', '--repository', repository, '-n', '2', 'f');
    const commit = await propose(pull, () => world.writeFormula(2));
    await ok('upgrade-formula', '--candidate', 'pr:22', '--unit', 'f/1', 'f');
    await git(directory, 'merge', '--quiet', '--no-ff', '--message=merge', commit);
    const { stderr } = await ok('upgrade-formula', 'f');
    assert.match(stderr, /2 of 2 units run world:f-2/);
    assert.deepEqual([await runs('f/0'), await runs('f/1')], ['world:f-2', 'world:f-2']);
    assert.deepEqual((await world.trace('f/1')).slice(-2), ['upgrade-formula 2', 'config-changed 2']);
    await ok('upgrade-formula', '--candidate', 'pr:22', '--unit', 'f/1', 'f');
    assert.equal(await runs('f/1'), tried(commit));
    const [, forth = ''] = /back to a release: ensemble (.*)/.exec((await ok('status')).stdout) ?? [];
    assert.equal(forth, 'upgrade-formula --revision 2 --unit f/1 f');
    await ok(...forth.split(' '));
    assert.equal(await runs('f/1'), 'world:f-2');
    await ok('revert-formula', 'f');
    assert.deepEqual([await runs('f/0'), await runs('f/1')], ['world:f-1', 'world:f-1']);
  });

  it('is deployed as a service, which looks for the release in the repository', async () => {
    const commit = await propose('refs/heads/candidate/better', () => world.writeFormula(2));
    const deploy = ['deploy', '--repository', repository, '--candidate', 'branch:better', 'f'];
    const id = `world~branch.better.g${commit.slice(0, 12)}:f-2`;
    assert.equal(JSON.parse((await ok(...deploy, '--dry-run', '--format', 'json')).stdout).formula, id);
    const { stderr } = await ok(...deploy);
    assert.match(stderr, new RegExp(`deployed ${id} as f`));
    assert.match(stderr, /f 2~branch\.better\.g[0-9a-f]{7} is a candidate/);
    await ok(...deploy);
    const service = await value(paths.service('f'));
    assert.deepEqual([service.formula, service.repository], [id, { name: 'world', path: repository }]);
    const record = JSON.parse((await world.coordinator.get(paths.formula(id)))?.value ?? '{}');
    assert.deepEqual(record.change, {
      key: 'branch:better',
      commit,
      ref: 'refs/heads/candidate/better',
      repository,
    });
    assert.equal(candidateOf(parseFormulaId(id))?.key, 'branch:better');

    assert.match((await ok('status')).stdout, /^f +f 2~branch\.better\.g[0-9a-f]{7} +1 /m);
    const nothing = await ok('upgrade-formula', 'f');
    assert.match(nothing.stderr, /f runs the candidate \S+, and no release came of it yet/);
    await git(directory, 'merge', '--quiet', '--no-ff', '--message=merge', commit);
    await world.writeFormula(2, { files: { more: 'as it was released' } });
    await commitAll(directory);
    const known = (await ok('newer', '--refresh', 'f')).stdout;
    assert.match(known, /f +2~branch\.better\.g[0-9a-f]{7} +2 +eligible/);
    await ok('upgrade-formula', 'f');
    assert.equal(await runs('f/0'), 'world:f-2', 'the release of its revision comes after it');
    assert.match((await ok('upgrade-formula', 'f')).stderr, /f already runs the newest formula, world:f-2/);
    await ok('revert-formula', 'f/0');
    assert.equal(await runs('f/0'), id, 'a service that was deployed so goes back there');
  });

  it('is refused where it cannot be one', async () => {
    await ok('deploy', '--repository', repository, 'f');
    const fails = async (said: RegExp, ...words: readonly string[]): Promise<void> => {
      const { code, stderr } = await ensemble(world, ...words);
      assert.notEqual(code, 0, words.join(' '));
      assert.match(stderr, said, words.join(' '));
    };
    const attempt = ['upgrade-formula', '--candidate', 'pr:22', 'f', '--unit', 'f/0'];
    await fails(
      /has no candidate pr:22: git has no refs\/pull\/22\/head and no refs\/merge-requests\/22\/head/,
      ...attempt,
    );
    await fails(/name them with --unit/, ...attempt.slice(0, 4));
    for (const [word, ...more] of [['bump'], ['compatible'], ['revision', '2']] as const)
      await fails(
        new RegExp(`--candidate chooses what is taken, and so does --${word}`),
        ...attempt,
        `--${word}`,
        ...more,
      );
    await fails(/Write pr:NUMBER/, 'upgrade-formula', '--candidate', '22', '--unit', 'f/0', 'f');
    await fails(/is no git repository, so it has no candidate/, ...attempt, '--repository', directory);
    await fails(
      /--upgrade makes a new revision/,
      'deploy',
      '--repository',
      repository,
      '--candidate',
      'pr:22',
      '-u',
      'f',
      'g',
    );
    await propose('refs/merge-requests/22/head', async () => {
      await rm(world.path('world', 'f-1'), { recursive: true });
      await writeFile(world.path('world', 'README'), 'nothing\n');
    });
    await fails(/f/, ...attempt);
    assert.equal(await runs('f/0'), 'world:f-1');
  });
});
