import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { eventually } from '../eventually.js';
import { startChild } from './child.js';

/** A killed process whose parent is gone too may stay a zombie for a moment; it runs no more. */
async function runs(pid: number): Promise<boolean> {
  if (!existsSync(`/proc/${pid}`)) return false;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => 'State:\tZ');
  return !/^State:\t[ZX]/m.test(status);
}

describe('a server of the tests', () => {
  it('dies with the tests when they are killed', async () => {
    const module = new URL('./child.js', import.meta.url).href;
    const parent = spawn(process.execPath, [
      '--input-type=module',
      '--eval',
      `import { startChild } from ${JSON.stringify(module)};
       console.log(startChild('sleep', ['600']).pid);`,
    ]);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    // Between the start and the moment it is `sleep`, it has not yet asked to die with its parent.
    await eventually(async () => assert.match(await readFile(`/proc/${pid}/comm`, 'utf8'), /^sleep/));
    parent.kill('SIGKILL');
    await once(parent, 'close');
    await eventually(async () => assert.equal(await runs(pid), false));
  });

  it('is gone after stop, which may be called twice', async () => {
    const child = startChild('sleep', ['600']);
    child.throwIfEnded();
    await child.stop();
    await child.stop();
    assert.equal(await runs(child.pid), false);
    assert.throws(() => child.throwIfEnded(), /sleep ended with SIGKILL/);
  });

  it('that fails tells what it printed', async () => {
    const child = startChild('sh', ['-c', 'echo out of order >&2; exit 3']);
    await eventually(() => assert.notEqual(child.output(), ''));
    await child.stop();
    assert.throws(() => child.throwIfEnded(), /sh ended with (3|SIGKILL)\nout of order/);
  });
});
