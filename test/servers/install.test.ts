import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

describe('the installation of the test servers', () => {
  let bin: string;
  beforeEach(async () => {
    bin = await mkdtemp(path.join(tmpdir(), 'ensemble-install-'));
  });
  afterEach(() => rm(bin, { recursive: true }));

  const install = (PATH: string | undefined): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [fileURLToPath(new URL('./install.js', import.meta.url))], {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    });
  const command = async (name: string, script: string): Promise<void> => {
    const file = path.join(bin, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  };

  it('is silent where all is there', () => {
    const { status, stdout, stderr } = install(process.env.PATH);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  });

  it('names what to install where there is no apt-get', () => {
    const { status, stderr } = install(bin);
    assert.equal(status, 1);
    assert.match(stderr, /lacks Java, .*Swift, .*setpriv; it has no apt-get/);
    assert.match(stderr, /default-jre-headless .*swift-proxy swift-account swift-container swift-object/);
  });

  it('shows what apt-get said when it fails', async function () {
    if (process.getuid?.() !== 0) this.skip(); // others are told to use sudo, and apt-get is not called
    await command('apt-get', 'echo "E: Unable to locate package $*" >&2; exit 100');
    const { status, stderr } = install(bin);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^installing what the tests start, .*, once: apt-get install -y --no-install-recommends /,
    );
    assert.match(stderr, /E: Unable to locate package .*install -y .*swift-proxy/);
  });

  it('notices when the packages did not bring what was needed', async function () {
    if (process.getuid?.() !== 0) this.skip(); // others are told to use sudo, and apt-get is not called
    await command('apt-get', 'exit 0');
    const { status, stderr } = install(bin);
    assert.equal(status, 1);
    assert.match(stderr, /Swift, .*setpriv is not there although its packages were installed\n$/);
  });
});
