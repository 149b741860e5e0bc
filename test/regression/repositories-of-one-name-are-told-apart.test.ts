import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useSandbox } from '../cli/sandbox.js';

/** A directory, and a git repository of the same content. */
const PLACES = [
  ['directories', ''],
  ['git repositories', 'git+file://'],
] as const;

describe('two repositories of one name', function () {
  this.timeout(120_000);
  const world = useSandbox();

  for (const [what, scheme] of PLACES)
    it(`are told apart by the commands that the refusal names: ${what}`, async () => {
      const { box } = world;
      await box.bootstrap();
      const [ours, theirs] = [await place(box.directory, 'ours'), await place(box.directory, 'theirs')];
      const deploy = (repository: string, service: string): readonly string[] => [
        'deploy',
        '--no-wait',
        '-n',
        '0',
        '--repository',
        repository,
        'web',
        service,
      ];
      await box.ok(...deploy(`${scheme}${ours}`, 'first'));
      const refused = await box.run(...deploy(`${scheme}${theirs}`, 'second'));
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, / is not the formulas:web-1 that was published: /);
      assert.ok(
        refused.stderr.includes(
          `; the service first came from ${scheme}${ours}, a repository of the same name\n`,
        ),
        refused.stderr,
      );
      const said =
        /: ensemble (repository add (\S+) (\S+)); and then the same command with --repository (\S+)\n/.exec(
          refused.stderr,
        );
      const [, command = '', name = '', url = '', again = ''] = said ?? [];
      assert.deepEqual([name, url, again], ['formulas2', `${scheme}${theirs}`, 'formulas2']);
      await box.ok(...command.split(' '));
      const known = await box.run(...deploy(`${scheme}${theirs}`, 'second'));
      assert.match(known.stderr, /\n {2}try: the same command with --repository formulas2\n$/);
      await box.ok(...deploy(again, 'second'));

      // Taken away, the name is still that of what is deployed.
      await box.ok('repository', 'remove', name);
      const third = await place(box.directory, 'third');
      const more = await box.run(...deploy(`${scheme}${third}`, 'more'));
      assert.match(more.stderr, /ensemble repository add formulas3 \S+; and then /);
      const { services } = JSON.parse((await box.ok('status', '--format', 'json')).stdout);
      assert.deepEqual(
        Object.entries<{ formula: string }>(services).map(([service, { formula }]) => [service, formula]),
        [
          ['first', 'formulas:web-1'],
          ['second', 'formulas2:web-1'],
        ],
      );
    });

  it('does not hide that a formula was changed without a new revision', async () => {
    const { box } = world;
    await box.bootstrap();
    const ours = await place(box.directory, 'ours');
    await box.ok('deploy', '--no-wait', '-n', '0', '--repository', ours, 'web');
    await writeFile(join(ours, 'web', 'README'), 'changed\n');
    const { stderr } = await box.run('deploy', '--no-wait', '-n', '0', '--repository', ours, 'web', 'second');
    assert.match(
      stderr,
      / is not the formulas:web-1 that was published: [^;]*\n {2}try: give the changed formula/,
    );
  });
});

/** Somebody's directory `formulas` with a formula `web` of his own, committed. */
async function place(root: string, whose: string): Promise<string> {
  const directory = join(root, whose, 'formulas');
  await mkdir(join(directory, 'web'), { recursive: true });
  await writeFile(join(directory, 'web', 'metadata.yaml'), `name: web\nrevision: 1\nsummary: ${whose}\n`);
  for (const words of [
    ['init', '-q'],
    ['add', '-A'],
    ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'web'],
  ])
    execFileSync('git', words, { cwd: directory });
  return directory;
}
