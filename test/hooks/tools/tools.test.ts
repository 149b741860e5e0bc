import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { HookContext } from '../../../hooks/context/hook-context.js';
import { formatPort } from '../../../hooks/context/port.js';
import { hookTools } from '../../../hooks/tools/all-tools.js';
import { render } from '../../../hooks/tools/format.js';
import { runTool } from '../../../hooks/tools/run-tool.js';
import { InputWanted, type ToolResult } from '../../../hooks/tools/tool.js';
import { RecordingSource } from '../context/recording-source.js';

const config = { port: 8080, name: "it's", debug: false, 'max-size': 1.5, empty: '', many: 'a\nb' };

interface Row {
  readonly call: string[];
  readonly stdout?: string;
  readonly effects?: string[];
}

const successes: Row[] = [
  { call: ['config-get', 'port'], stdout: '8080\n' },
  { call: ['config-get', 'name'], stdout: "it's\n" },
  { call: ['config-get', 'debug'], stdout: 'false\n' },
  { call: ['config-get', 'empty'], stdout: '' },
  { call: ['config-get', 'no-such-option'], stdout: '' },
  { call: ['config-get', 'constructor'], stdout: '' },
  { call: ['config-get', '--format', 'json', 'port'], stdout: '8080\n' },
  { call: ['config-get', '--format=json', 'no-such-option'], stdout: 'null\n' },
  { call: ['config-get', 'many', '--format=json'], stdout: '"a\\nb"\n' },
  { call: ['config-get', '--format=json'], stdout: `${JSON.stringify(config)}\n` },
  { call: ['config-get', '--format=yaml', 'debug'], stdout: 'false\n' },
  { call: ['config-get', '--format=shell', 'max-size'], stdout: "VAR_MAX_SIZE='1.5'\n" },
  { call: ['config-get', '--format=shell', 'no-such-option'], stdout: '' },
  {
    call: ['config-get'],
    stdout: 'port: 8080\nname: it\'s\ndebug: false\nmax-size: 1.5\nempty: ""\nmany: |-\n  a\n  b\n',
  },
  { call: ['config-get', '--all', '--format=json'], stdout: `${JSON.stringify(config)}\n` },
  { call: ['config-get', '-a', '--format=json'], stdout: `${JSON.stringify(config)}\n` },
  { call: ['unit-get', 'private-address'], stdout: '10.0.0.1\n' },
  { call: ['unit-get', 'public-address'], stdout: 'mysql.example.com\n' },
  { call: ['unit-get', '--format', 'json', 'private-address'], stdout: '"10.0.0.1"\n' },
  { call: ['ensemble-log', 'two', 'words'], effects: ['INFO two words'] },
  { call: ['ensemble-log', '-l', 'error', 'bad', '-l', '--help'], effects: ['ERROR bad -l --help'] },
  { call: ['ensemble-log', '--debug', 'x'], effects: ['DEBUG x'] },
  { call: ['ensemble-log', '--log-level', 'WARN', 'x'], effects: ['WARNING x'] },
  { call: ['ensemble-log', '-l', 'warn', 'x'], effects: ['WARNING x'] },
  { call: ['ensemble-log', '--', '-x'], effects: ['INFO -x'] },
  { call: ['status-set', 'migrating'], effects: ['status - migrating'] },
  { call: ['status-set', '--state', 'blocked', 'needs a', 'db'], effects: ['status blocked needs a db'] },
  { call: ['status-set', 'blocked', 'needs a db'], effects: ['status blocked needs a db'] },
  { call: ['status-set', 'active', ''], effects: ['status active '] },
  { call: ['status-set', 'waiting', 'for', 'it'], effects: ['status - waiting for it'] },
  { call: ['status-set', 'active'], effects: ['status - active'] },
  { call: ['status-set', ''], effects: ['status - '] },
  { call: ['upgrade-get'], stdout: '' },
  { call: ['upgrade-get', '--format=json'], stdout: 'null\n' },
  { call: ['upgrade-get', 'to'], stdout: '' },
  { call: ['upgrade-hold'], stdout: '2026-02-01T00:00:00.000Z\n', effects: ['hold - -'] },
  {
    call: ['upgrade-hold', '--for', '1d12h', '--reason', 'audit'],
    stdout: '2026-02-01T00:00:00.000Z\n',
    effects: ['hold 129600000 audit'],
  },
  {
    call: ['upgrade-hold', '--unit', 'web/0'],
    stdout: '2026-02-01T00:00:00.000Z\n',
    effects: ['hold - - of web/0'],
  },
  { call: ['upgrade-proceed'], effects: ['proceed'] },
  { call: ['upgrade-proceed', '--unit=web/0'], effects: ['proceed of web/0'] },
];

const usageErrors: [string[], RegExp][] = [
  [['config-get', 'a', 'b'], /^config-get: too many arguments/],
  [['config-get', '--all', 'port'], /^config-get: name an option \(port\) or --all, not both/],
  [['config-get', '--format', 'xml'], /^config-get: option '--format <format>' argument 'xml' is invalid/],
  [['config-get', '--frob'], /^config-get: unknown option '--frob'/],
  [['unit-get'], /^unit-get: missing required argument 'address'/],
  [['unit-get', 'address'], /^unit-get: .*private-address, public-address/],
  [['open-port'], /^open-port: missing required argument 'port'/],
  [['open-port', '0'], /^open-port: "0" is no port; write one as 80, 80\/tcp or 53\/udp/],
  [['close-port', '80/sctp'], /^close-port: "80\/sctp" is no port/],
  [['ensemble-log'], /^ensemble-log: missing required argument 'message'/],
  [['ensemble-log', '-l', 'LOUD', 'x'], /^ensemble-log: "LOUD" is no level; use one of DEBUG, INFO/],
  [
    ['upgrade-get', 'whom'],
    /^upgrade-get: .*unit, service, relation, from, to, class, urgent, deadline, hold, blockers/,
  ],
  [['upgrade-hold', '--for', 'ever'], /^upgrade-hold: "ever" is no time; write it like 90s/],
  [['upgrade-proceed', 'now'], /^upgrade-proceed: too many arguments/],
  [['status-set', '--state', 'fine', 'x'], /^status-set: .*maintenance, blocked, waiting, active/],
];

describe('the hook tools', () => {
  let source: RecordingSource;
  let context: HookContext;
  beforeEach(() => {
    source = new RecordingSource();
    source.values = config;
    context = new HookContext('id', source);
  });

  async function call([name, ...words]: string[], input?: string): Promise<ToolResult | InputWanted> {
    const tool = hookTools.find((each) => each.name === name);
    assert.ok(tool);
    return runTool(tool, { context, arguments: words, directory: '/', input });
  }

  for (const { call: words, stdout = '', effects = [] } of successes) {
    it(`${words.join(' ')} prints ${JSON.stringify(stdout)}${effects.length ? ` and does ${effects}` : ''}`, async () => {
      assert.deepEqual(await call(words), { exit: 0, stdout, stderr: '' });
      assert.deepEqual(source.effects, effects);
    });
  }

  it('upgrade-get prints the upgrade that is wanted, whole and by key', async () => {
    source.wanted = {
      unit: 'web/0',
      relation: 'db:4',
      from: 'p:f-1',
      to: 'p:f-2',
      class: 'eligible',
      urgent: '',
      deadline: '2026-02-01T00:00:00.000Z',
      hold: null,
      blockers: [],
    };
    const json = await call(['upgrade-get', '--format', 'json']);
    assert.ok(!(json instanceof InputWanted));
    assert.deepEqual(JSON.parse(json.stdout), { service: 'web', ...source.wanted });
    assert.deepEqual(await call(['upgrade-get', 'to']), { exit: 0, stdout: 'p:f-2\n', stderr: '' });
    for (const [unit, stdout] of [
      ['web/0', 'db:4\n'],
      ['web/1', ''],
    ] as const)
      assert.deepEqual(await call(['upgrade-get', '--unit', unit, 'relation']), {
        exit: 0,
        stdout,
        stderr: '',
      });
  });

  for (const [words, stderr] of usageErrors) {
    it(`${words.join(' ')} is wrong usage: says so, exits 2, does nothing`, async () => {
      const result = await call(words);
      assert.ok(!(result instanceof InputWanted));
      assert.equal(result.exit, 2);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, stderr);
      assert.match(result.stderr, /--help/);
      assert.deepEqual([source.effects, context.finish().ports], [[], { opened: [], closed: [] }]);
    });
  }

  for (const { name, examples } of hookTools) {
    it(`${name} --help shows its usage and examples, and does nothing`, async () => {
      const result = await call([name, '--help']);
      assert.ok(!(result instanceof InputWanted));
      assert.deepEqual([result.exit, result.stderr], [0, '']);
      assert.match(result.stdout, new RegExp(`^Usage: ${name} `));
      for (const example of examples) assert.ok(result.stdout.includes(example));
      assert.deepEqual(source.effects, []);
    });
  }

  it('open-port opens two thousand at most, and what is open already', async () => {
    source.open = Array.from({ length: 2_000 }, (_, index) => ({
      number: index + 1,
      protocol: 'tcp' as const,
    }));
    const refused = await call(['open-port', '2001']);
    assert.ok(!(refused instanceof InputWanted));
    assert.match(refused.stderr, /the unit has 2000 open ports, and may have no more/);
    const done = { exit: 0, stdout: '', stderr: '' };
    assert.deepEqual(await call(['open-port', '2000']), done);
    assert.deepEqual(await call(['close-port', '1']), done);
    assert.deepEqual(await call(['open-port', '2001']), done);
  });

  it('open-port and close-port are for when the hook succeeds', async () => {
    assert.deepEqual(await call(['open-port', '80']), { exit: 0, stdout: '', stderr: '' });
    assert.deepEqual(await call(['close-port', '53/udp']), { exit: 0, stdout: '', stderr: '' });
    const { opened, closed } = context.finish().ports;
    assert.deepEqual([opened.map(formatPort), closed.map(formatPort)], [['80/tcp'], ['53/udp']]);
  });

  it('ensemble-log - asks for its input before it does anything', async () => {
    assert.ok((await call(['ensemble-log', '-'])) instanceof InputWanted);
    assert.deepEqual(source.effects, []);
    assert.deepEqual(await call(['ensemble-log', '-l', 'DEBUG', '-'], 'a\nb\n'), {
      exit: 0,
      stdout: '',
      stderr: '',
    });
    assert.deepEqual(source.effects, ['DEBUG a\nb']);
  });

  it('fail with a sentence and print nothing when the agent cannot read', async () => {
    source.failure = new Error('the coordinator is away');
    assert.deepEqual(await call(['config-get', 'port']), {
      exit: 1,
      stdout: '',
      stderr: 'config-get: the coordinator is away\n',
    });
  });

  it('print for the shell what the shell reads back as it was', () => {
    const value = { 'a-b': `'"$HOME\`\\\n é`, c: true };
    const script = `${render('shell', value)}printf '%s' "$VAR_A_B|$VAR_C"`;
    assert.equal(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }), `${value['a-b']}|true`);
  });
});
