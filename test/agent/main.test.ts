import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensembleVersion } from '../../state/version.js';
import { agentProgram } from '../programs.js';
import { AgentProcess } from './agent-process.js';

describe('ensemble-agent', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'ensemble-main-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true, maxRetries: 10 }));

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [agentProgram, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ENSEMBLE_HOME: home },
      timeout: 20_000,
    });

  it('says its version and, with an example, its options', () => {
    assert.equal(run('--version').stdout, `${ensembleVersion()}\n`);
    const { stdout, status } = run('--help');
    assert.equal(status, 0);
    assert.match(stdout, /--machine[\s\S]*Example:/);
  });

  for (const [what, args, sentence] of [
    ['an unknown option', ['--machines', 'm1'], /--machines/],
    ['an argument too many', ['m1'], /argument/],
    ['no number', ['--hook-concurrency', 'many'], /whole number/],
    ['--state alone', ['--state', 'embedded:/nowhere'], /--storage/],
  ] as const) {
    it(`${what} is wrong usage: exit 2, and a hint`, () => {
      const { status, stderr, stdout } = run(...args);
      assert.equal(status, 2);
      assert.match(stderr, sentence);
      assert.match(stderr, /ensemble-agent --help/);
      assert.equal(stdout, '');
    });
  }

  it('without environments says how to make one', () => {
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /ensemble bootstrap/);
    assert.doesNotMatch(stderr, /\bat .*\.js/, 'no stack');
  });

  it('an environment that was not bootstrapped: says so, and leaves no claim', async () => {
    const data = join(home, 'data');
    const urls = ['--state', `embedded:${home}/state`, '--storage', `file:${home}/storage`];
    for (let time = 0; time < 2; time += 1) {
      const { status, stderr } = run(...urls, '--data-dir', data);
      assert.equal(status, 1);
      assert.match(stderr, /not been bootstrapped/);
    }
  });

  it('stops at once by SIGTERM while it waits for a coordinator that is away', async () => {
    await writeFile(
      join(home, 'environments.yaml'),
      `environments:\n  away:\n    state: zookeeper://127.0.0.1:1/x\n    storage: file:${home}/storage\n`,
    );
    const agent = new AgentProcess(home, 'm0');
    await agent.logged('waiting for the coordinator');
    assert.ok(['SIGTERM', 0].includes(await agent.kill('SIGTERM')));
  });
});
