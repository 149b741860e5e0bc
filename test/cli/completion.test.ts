import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commands } from '../../cli/definitions.js';
import { ensembleProgram } from '../programs.js';
import { FakeAgent } from './fake-agent.js';
import { type Sandbox, useSandbox } from './sandbox.js';

const run = promisify(execFile);
const shown = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);

/** How a shell is asked what it completes `words`, of which the last is begun, with. */
interface Shell {
  readonly name: string;
  script(file: string, words: readonly string[]): string;
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

const shells: readonly Shell[] = [
  {
    name: 'bash',
    script: (file, words) =>
      `source ${file}; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _ensemble; ` +
      `printf '%s\\n' "\${COMPREPLY[@]}"`,
  },
  {
    name: 'zsh',
    // The line editor is not there without a terminal: what the script would give it is printed instead.
    script: (file, words) =>
      `compdef() { : }; compadd() { while [[ $1 != -- ]]; do shift; done; shift; print -l -- "$@" }; _files() { print -l -- *(N) }; source ${file}; ` +
      `words=(${quoted(words)}); CURRENT=${words.length}; _ensemble`,
  },
  {
    name: 'fish',
    script: (file, words) => `source ${file}; complete -C '${words.join(' ')}'`,
  },
];

for (const shell of shells) {
  describe(`completion in ${shell.name}`, () => {
    const world = useSandbox();
    let file: string;
    beforeEach(async () => {
      const { box } = world;
      file = await box.file(`ensemble.${shell.name}`, (await box.ok('completion', shell.name)).stdout);
      await box.file(
        'bin/ensemble',
        `#!/bin/sh\nexec "${process.execPath}" "${ensembleProgram}" "$@"\n`,
        0o755,
      );
    });

    /** The candidates that begin with the last word, sorted. */
    const complete = async (box: Sandbox, ...line: string[]): Promise<string[]> => {
      const words = ['ensemble', ...line];
      const { stdout } = await run(shell.name, ['-c', shell.script(file, words)], {
        cwd: box.directory,
        env: {
          PATH: `${join(box.directory, 'bin')}:${process.env.PATH}`,
          HOME: box.directory,
          ENSEMBLE_HOME: box.home,
          ENSEMBLE_REPOSITORY: box.repository,
        },
      });
      const begun = words.at(-1) ?? '';
      const found = stdout.split('\n').map((candidate) => candidate.split('\t')[0] ?? '');
      return [...new Set(found.filter((word) => word !== '' && word.startsWith(begun)))].sort();
    };

    it('knows every command', async () => {
      const found = await complete(world.box, '');
      assert.deepEqual(
        found.filter((word) => word !== 'help'),
        shown.toSorted(),
      );
      assert.deepEqual(await complete(world.box, 'upg'), [
        'upgrade-environment',
        'upgrade-formula',
        'upgrade-policy',
      ]);
    });

    it('knows every option of a command, and the words it takes', async () => {
      const options = await complete(world.box, 'status', '--');
      assert.ok(
        ['--format', '--watch', '--environment', '--help'].every((option) => options.includes(option)),
      );
      assert.ok(!options.includes('--bump'), 'it is an option of another command');
      assert.deepEqual(await complete(world.box, 'status', '--format', ''), [
        'dot',
        'json',
        'svg',
        'table',
        'yaml',
      ]);
      assert.deepEqual(await complete(world.box, 'completion', ''), ['bash', 'fish', 'zsh']);
    });

    it('knows the names there are, in the environment that the line chooses', async () => {
      const { box } = world;
      await box.bootstrap();
      const agent = await new FakeAgent(await box.coordinator()).register();
      await agent.up();
      await box.formula('guestbook', 1, { config: 'options: {title: {type: string}, port: {type: int}}\n' });
      await box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '2', 'guestbook');
      assert.deepEqual(await complete(box, 'add-unit', ''), ['guestbook']);
      assert.deepEqual(await complete(box, 'add-unit', '-n', '3', 'g'), ['guestbook']);
      assert.deepEqual(await complete(box, 'remove-unit', 'guestbook/0', ''), ['guestbook/0', 'guestbook/1']);
      assert.deepEqual(await complete(box, 'deploy', '--machine', ''), ['m0']);
      assert.deepEqual(await complete(box, '-e', ''), ['local']);
      assert.deepEqual(await complete(box, 'set', 'guestbook', ''), ['port=', 'title=']);
      assert.deepEqual(await complete(box, 'set', 'guestbook', '--reset', 't'), ['title']);
      assert.deepEqual(await complete(box, 'resolved', ''), []);
      await agent.report('guestbook/1', { state: 'start-error', message: 'no' });
      assert.deepEqual(await complete(box, 'resolved', ''), ['guestbook', 'guestbook/1']);
      const elsewhere = ['--state', `embedded:${box.directory}/other`, '--storage', 'file:other'];
      assert.deepEqual(await complete(box, ...elsewhere, 'add-unit', ''), []);
    });

    it('knows the formulas of $ENSEMBLE_REPOSITORY', async () => {
      await world.box.formula('guestbook', 1);
      await world.box.formula('mysql', 1);
      assert.deepEqual(await complete(world.box, 'deploy', ''), ['guestbook', 'mysql']);
    });

    it('knows the files there are where one is taken', async () => {
      await world.box.file('values.yaml', '');
      assert.ok((await complete(world.box, 'set', '--config', '')).includes('values.yaml'));
    });
  });
}
