import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hang } from '../servers/hung-directory.js';

const modules = new URL('../../', import.meta.url).href;

/**
 * Reads a repository as commands do, with a directory of its own that goes by a signal: at first all of it answers, and then,
 * in the reading, the file hangs as soon as whoever runs this says so.
 */
const READER = `
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endReadingByCtrlC } from '${modules}state/formula/endable-while.js';
import { whileItAnswers } from '${modules}state/formula/answering.js';
import { withWorkDirectory } from '${modules}control/publish/work-directory.js';
const [repository, isOn] = process.argv.slice(1);
if (isOn === 'on') endReadingByCtrlC();
await withWorkDirectory(() =>
  whileItAnswers(repository, 'repository', async () => {
    process.stdout.write('reads\\n');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.stdout.write('again\\n');
    return readFileSync(join(repository, 'file'));
  }),
);
process.exit(0);
`;

describe('a repository that comes to hang while it is read', function () {
  this.timeout(60_000);
  let repository: string;
  let running: ChildProcess | undefined;
  beforeEach(async () => {
    repository = await mkdtemp(join(tmpdir(), 'ens-hung-'));
    await writeFile(join(repository, 'file'), 'some');
  });
  afterEach(async () => {
    if (running?.pid !== undefined && running.exitCode === null && running.signalCode === null)
      process.kill(-running.pid, 'SIGKILL');
    await rm(repository, { recursive: true, force: true });
  });

  /** Starts the reader in a group of its own, to which a terminal would send Ctrl-C. */
  function reader(isOn: 'on' | 'off'): { readonly child: ChildProcess; readonly stderr: () => string } {
    const words = ['--input-type=module', '-e', READER, repository, isOn];
    const child = spawn(process.execPath, words, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    running = child;
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    return { child, stderr: () => stderr };
  }

  it('keeps no command from its end by Ctrl-C, which says why', async () => {
    const { child, stderr } = reader('on');
    assert.ok(child.stdout && child.stdin && child.pid);
    assert.equal(String((await once(child.stdout, 'data'))[0]), 'reads\n');
    const release = await hang(join(repository, 'file'));
    try {
      const again = once(child.stdout, 'data');
      child.stdin.write('go\n');
      await again;
      const closed = once(child, 'close');
      process.kill(-child.pid, 'SIGINT');
      assert.deepEqual(await closed, [null, 'SIGKILL']);
      assert.equal(stderr(), `ensemble: ended, as ${repository} does not answer\n`);
    } finally {
      await release();
    }
  });

  it('that answers is read to its end, with nothing left beside the command', async () => {
    for (const isOn of ['on', 'off'] as const) {
      const { child, stderr } = reader(isOn);
      assert.ok(child.stdout && child.stdin);
      await once(child.stdout, 'data');
      // What was left would have its stderr open.
      const closed = once(child, 'close');
      child.stdin.write('go\n');
      assert.deepEqual(await closed, [0, null], isOn);
      assert.equal(stderr(), '');
    }
  });

  it('and is interrupted in time ends as ever', async () => {
    const { child, stderr } = reader('on');
    assert.ok(child.stdout && child.pid);
    await once(child.stdout, 'data');
    const closed = once(child, 'close');
    process.kill(-child.pid, 'SIGINT');
    assert.deepEqual(await closed, [130, null]);
    assert.equal(stderr(), '');
  });
});
