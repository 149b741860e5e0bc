import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentProcess } from '../agent/agent-process.js';
import { OldRelease } from '../migrate/old-release.js';
import { ensembleProgram } from '../programs.js';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The state tree that release 0.1.0 left, with an agent that was killed, and what this release makes of it. */
describe('an environment of release 0.1.0', function () {
  this.timeout(120_000);
  let old: OldRelease;
  let agent: AgentProcess | undefined;
  beforeEach(async () => {
    old = await OldRelease.unpack();
  });
  afterEach(async () => {
    // Without hooks that would outlive it.
    for (const unit of ['app/0', 'app/1']) await ensemble('abort', unit);
    await agent?.kill('SIGTERM');
    agent = undefined;
    old.remove();
  });

  const ensemble = (...words: readonly string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: old.root, ENSEMBLE_HOME: old.home };
      const options = { env, cwd: old.root };
      execFile(process.execPath, [ensembleProgram, ...words], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const ok = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await ensemble(...words);
    assert.equal(code, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };

  it('is worked in as it is, and upgraded once its machine is; the backup leads back to what it was', async () => {
    const before = JSON.parse(await ok('status', '--format', 'json'));
    assert.deepEqual(Object.keys(before.services.app.units), ['app/0', 'app/1']);
    assert.match(
      await ok('machines'),
      /\nm0 has to be upgraded for layout 3, canary, clone, holds, lockstep\n$/,
    );
    const blocked = await ensemble('upgrade-environment');
    assert.equal(blocked.code, 3);
    assert.match(blocked.stderr, /m0 \(down\) lacks .*remove-machine --force m0\n$/s);
    assert.equal((await ensemble('hold-upgrade', '--reason', 'disks', 'app')).code, 1);

    agent = new AgentProcess(old.home, 'm0', { options: ['--data-dir', old.data] });
    await agent.up();
    assert.match(
      await ok('machines'),
      /\n\nonce nobody is to go back to an older Ensemble: ensemble upgrade-environment turns on canary, clone, holds, lockstep\n/,
    );
    assert.equal((await ensemble('upgrade-environment', '--check')).code, 2);
    await ok('upgrade-environment', '--export', 'backup');
    assert.equal((await ensemble('upgrade-environment', '--check')).code, 0);
    await ok('hold-upgrade', '--reason', 'disks', 'app');
    assert.ok(!readdirSync(old.root).includes('local'), 'nothing else was written where it was run');

    assert.match(readFileSync(join(old.root, 'backup'), 'utf8'), /\["\/layout","\{\\"level\\":1,/);
    const elsewhere = ['--state', `embedded:${join(old.root, 'else')}`, '--storage', `file:${old.root}/s`];
    await ok('import', 'backup', ...elsewhere);
    assert.equal((await ensemble('upgrade-environment', '--check', ...elsewhere)).code, 2);
  });
});
