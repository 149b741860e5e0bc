import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnvironment, loadWatcherRules } from '../../../state/environments/environments-file.js';
import { EnvironmentsInvalid } from '../../../state/environments/errors.js';

const ENVIRONMENTS = 'environments:\n  local:\n    state: embedded:./s\n    storage: file:./f\n';

describe('what environments.yaml says of the watcher', () => {
  let home: string;
  let variables: NodeJS.ProcessEnv;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ensemble-watcher-'));
    variables = { ENSEMBLE_HOME: home };
    await writeFile(join(home, 'layout.v2'), '');
    await writeFile(join(home, 'chat.secret'), 'a long secret\n', { mode: 0o600 });
  });
  afterEach(() => rm(home, { recursive: true }));
  const write = (section: string): Promise<void> =>
    writeFile(join(home, 'environments.yaml'), `${ENVIRONMENTS}watcher:\n${section}`);

  it('is nothing where it says nothing', async () => {
    await writeFile(join(home, 'environments.yaml'), ENVIRONMENTS);
    assert.deepEqual(await loadWatcherRules(variables), { sinks: [], triggers: {} });
  });

  it('has every path absolute and every time in milliseconds', async () => {
    await write(`  listen: "[::1]:8378"
  triggers:
    github: {secretFile: chat.secret}
  sinks:
    chat: {webhook: "https://h/x", secretFile: chat.secret, timeout: 5s, give-up: 2d, tries: 7}
    pager: {command: [page, -x], environments: [local]}
    log: {file: out.jsonl}
`);
    const usual = { timeout: 10_000, tries: 250, giveUp: 86_400_000 };
    assert.deepEqual(await loadWatcherRules(variables), {
      listen: { host: '::1', port: 8378 },
      triggers: { github: join(home, 'chat.secret') },
      sinks: [
        {
          name: 'chat',
          kind: 'webhook',
          url: 'https://h/x',
          secretFile: join(home, 'chat.secret'),
          timeout: 5_000,
          tries: 7,
          giveUp: 172_800_000,
        },
        {
          ...usual,
          name: 'pager',
          kind: 'command',
          command: ['page', '-x'],
          timeout: 30_000,
          environments: ['local'],
        },
        { ...usual, name: 'log', kind: 'file', file: join(home, 'out.jsonl') },
      ],
    });
  });

  const faults: readonly (readonly [name: string, section: string, says: RegExp])[] = [
    ['a key that is misspelt', '  sink: {}\n', /:6: watcher\.sink: .*did you mean sinks\?/],
    [
      'a misspelt key of a sink',
      '  sinks:\n    a: {webhok: "http://h/"}\n',
      /:7: watcher\.sinks\.a\.webhok: .*did you mean webhook\?/,
    ],
    [
      'a misspelt forge',
      '  listen: h:1\n  triggers:\n    githup: {secretFile: x}\n',
      /did you mean github\?/,
    ],
    [
      'a sink of no kind',
      '  sinks:\n    a: {tries: 3}\n',
      /:7: watcher\.sinks\.a: has one of `webhook`, `command` and `file`/,
    ],
    ['a sink of two kinds', '  sinks:\n    a: {file: x, command: [y]}\n', /has one of/],
    [
      'a secret for a file',
      '  sinks:\n    a: {file: x, secretFile: chat.secret}\n',
      /is for a `webhook` only/,
    ],
    ['no URL', '  sinks:\n    a: {webhook: "ftp://h/"}\n', /is no URL of a webhook/],
    ['a password in a URL', '  sinks:\n    a: {webhook: "https://u:p@h/"}\n', /without a password/],
    ['no time', '  sinks:\n    a: {file: x, timeout: 5}\n', /watcher\.sinks\.a\.timeout/],
    ['no name', '  sinks:\n    A B: {file: x}\n', /is no name of a sink|A B/],
    [
      'an environment that is not there',
      '  sinks:\n    a: {file: x, environments: [prod]}\n',
      /names prod; there are: local/,
    ],
    [
      'a secret that is not there',
      '  sinks:\n    a: {webhook: "http://h/", secretFile: no}\n',
      /no cannot be read: ENOENT/,
    ],
    [
      'triggers that nothing listens for',
      '  triggers:\n    github: {secretFile: chat.secret}\n',
      /needs `listen` beside it/,
    ],
    ['a port that is none', '  listen: h:70000\n', /70000 is no port/],
  ];
  for (const [name, section, says] of faults)
    it(`refuses ${name}, by its line`, async () => {
      await write(section);
      await assert.rejects(loadWatcherRules(variables), (error: Error) => {
        assert.ok(error instanceof EnvironmentsInvalid, String(error));
        assert.match(error.message, says);
        return true;
      });
    });

  it('refuses a secret that others may read, and does not tell it', async () => {
    await write('  sinks:\n    a: {webhook: "http://h/", secretFile: chat.secret}\n');
    await chmod(join(home, 'chat.secret'), 0o640);
    await assert.rejects(loadWatcherRules(variables), (error: Error) => {
      assert.match(error.message, /others than its owner; close it with: chmod 600 /);
      assert.doesNotMatch(error.message, /a long secret/);
      return true;
    });
  });

  it('keeps no command from its work, where a secret is missing', async () => {
    await write('  sinks:\n    a: {webhook: "http://h/", secretFile: no}\n');
    assert.equal((await loadEnvironment('local', variables)).name, 'local');
  });
});
