import assert from 'node:assert/strict';
import { Sandbox } from './cli/sandbox.js';
import { runCommand } from './command-in-process.js';
import { type CommandEnd, startCommand } from './command-process.js';
import { ensembleProgram } from './programs.js';

/** A command line, and what is set in its environment besides. */
type Line = readonly [words: string, variables?: NodeJS.ProcessEnv];

/** In this order, each on what those before it have left. */
const lines: readonly Line[] = [
  [''],
  ['--version'],
  ['help'],
  ['deploy --help'],
  ['no-such-command'],
  ['status'],
  ['bootstrap', { ENSEMBLE_ENV: 'other' }],
  ['bootstrap'],
  ['bootstrap'],
  ['formulas principia'],
  ['formulas ./nowhere'],
  ['index principia'],
  ['deploy --no-wait --repository principia -n 2 guestbook', { ENSEMBLE_OPERATOR: 'ann' }],
  ['deploy --no-wait --repository principia guestbok other'],
  ['deploy --dry-run --repository principia guestbook second'],
  ['status'],
  ['status --format json'],
  ['status --format yaml guestbook'],
  ['status', { ENSEMBLE_ENV: 'other' }],
  ['status -e other'],
  ['status --state embedded:./home/local/state'],
  ['status --state embedded:./home/local/state --storage file:./home/local/storage'],
  ['get guestbook'],
  ['set --no-wait guestbook title=new', { SUDO_USER: 'bob' }],
  ['set guestbook title'],
  ['get --format json guestbook'],
  ['upgrade-formula --no-wait guestbook'],
  ['add-unit --no-wait guestbook'],
  ['remove-unit --no-wait guestbook/2'],
  ['set --timeout 1s guestbook title=newer'],
  ['history guestbook'],
  ['history --by bob --format json'],
  ['machines'],
  ['cordon m0'],
  ['newer'],
  ['watcher status'],
  ['watcher pause --reason net'],
  ['repository add ours ./principia'],
  ['repository list'],
  ['debug-log'],
  ['run guestbook/0 -- true'],
  ['export state.json'],
  ['prune --dry-run'],
  ['completion bash'],
  ['__complete services'],
  ['destroy-service guestbook'],
  ['destroy-environment'],
];

/** The same of two sandboxes, but for what is each one's own. */
function common({ code, stdout, stderr }: CommandEnd, { directory }: Sandbox): CommandEnd {
  const without = (text: string): string =>
    text
      .replaceAll(directory, 'DIRECTORY')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{12,64}\b/g, 'ID')
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?/g, 'TIME')
      .replaceAll(/\b\d+(\.\d+)? s\b/g, 'SECONDS');
  return { code, stdout: without(stdout), stderr: without(stderr) };
}

describe('a command within the process of a test', () => {
  it('prints what it prints as a process, and exits with the same', async () => {
    const [own, other] = await Promise.all([Sandbox.create(), Sandbox.create()]);
    try {
      for (const box of [own, other]) {
        const config = 'options:\n  title: {type: string, default: none}\n';
        for (const revision of [1, 2]) await box.formula('guestbook', revision, { config });
      }
      for (const [line, variables = {}] of lines) {
        const words = line.split(' ').filter((word) => word !== '');
        const [within, asProcess] = await Promise.all([
          runCommand(words, around(own, variables)),
          startCommand(ensembleProgram, words, around(other, variables)).ended,
        ]);
        assert.deepEqual(common(within, own), common(asProcess, other), `ensemble ${line}`);
      }
    } finally {
      await Promise.all([own.dispose(), other.dispose()]);
    }
  });

  it('leaves the process where it was, and carries nothing of it', async () => {
    const before = process.cwd();
    const box = await Sandbox.create();
    try {
      const [first, second] = await Promise.all([
        box.ok('bootstrap'),
        runCommand(['status', '-e', 'none'], around(box, { ENSEMBLE_HOME: `${box.directory}/elsewhere` })),
      ]);
      assert.match(first.stderr, new RegExp(`wrote ${box.home}/environments.yaml`));
      assert.match(second.stderr, new RegExp(`${box.directory}/elsewhere/environments.yaml`));
      assert.equal(process.cwd(), before);
    } finally {
      await box.dispose();
    }
  });
});

function around(box: Sandbox, variables: NodeJS.ProcessEnv): Parameters<typeof runCommand>[1] {
  const own = { PATH: process.env.PATH, HOME: box.directory, ENSEMBLE_HOME: box.home };
  return { directory: box.directory, variables: { ...own, ...variables } };
}
