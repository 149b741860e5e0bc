import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sectionOf, textOf } from './project.js';

/** The unit file that the page about the watcher shows. */
function unitFile(): string {
  const [, unit = ''] =
    /```ini\n([\s\S]*?)```/.exec(sectionOf(textOf('docs/watcher.md'), 'As a service of the system')) ?? [];
  return unit;
}

describe('the unit file of the watcher', () => {
  it('starts the program that the package installs, again whatever ends it, but not after wrong usage', () => {
    const { bin } = JSON.parse(textOf('package.json'));
    const [, program = ''] = /^ExecStart=\/usr\/local\/bin\/(\S+) /m.exec(unitFile()) ?? [];
    assert.ok(program in bin, program);
    assert.match(unitFile(), /^Restart=always$/m);
    assert.match(unitFile(), /^RestartPreventExitStatus=2 78$/m);
  });

  it('gives it no rights that it does not need', () => {
    for (const line of [
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'ProtectSystem=strict',
      'ProtectHome=yes',
      'PrivateTmp=yes',
      'PrivateDevices=yes',
      'SystemCallFilter=@system-service',
    ])
      assert.ok(unitFile().split('\n').includes(line), line);
    assert.doesNotMatch(unitFile(), /^MemoryDenyWriteExecute/m, 'node does not start with it');
  });

  it('is one that systemd takes without a word, where there is a systemd', async function () {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-unit-'));
    const file = join(directory, 'ensemble-watcher.service');
    try {
      // It is not installed here.
      await writeFile(file, unitFile().replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`));
      const { stdout, stderr } = await promisify(execFile)('systemd-analyze', ['verify', file]);
      // Of other units on this machine it may have something to say.
      const said = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('ensemble-watcher'));
      assert.deepEqual(said, []);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      this.skip();
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
