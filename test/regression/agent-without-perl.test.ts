import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findPerl } from '../../state/platform/find-perl.js';
import { agentProgram, ensembleProgram } from '../programs.js';

describe('an agent on a machine without perl', () => {
  let home: string;
  let agent: ChildProcess | undefined;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ensemble-perl-'));
    agent = undefined;
  });
  afterEach(() => {
    agent?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  });

  it('says so before it touches anything, and starts with a PATH that has one', async () => {
    execFileSync(process.execPath, [ensembleProgram, 'bootstrap'], {
      env: { PATH: process.env.PATH, ENSEMBLE_HOME: home },
      stdio: 'ignore',
    });
    const bin = join(home, 'bin');
    mkdirSync(bin);
    const data = join(home, 'data');
    const command = [agentProgram, '--data-dir', data];
    const env = { PATH: `${bin}:relative`, ENSEMBLE_HOME: home };
    const { status, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
    assert.equal(
      stderr,
      `ensemble-agent: there is no perl in ${bin}:relative, and Ensemble starts hooks and reads directories with it\n` +
        '  try: apt-get install perl-base, then do the same again\n',
    );
    assert.equal(status, 1);
    assert.ok(!existsSync(data));

    symlinkSync(findPerl(), join(bin, 'perl'));
    agent = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(agent.stdout);
    for await (const line of createInterface({ input: agent.stdout }))
      if (/machine m0 is up/.test(line)) break;
    agent.kill('SIGTERM');
    assert.deepEqual(await once(agent, 'exit'), [0, null]);
  });
});
