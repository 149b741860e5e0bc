import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const ensemble = fileURLToPath(new URL('../../bin/ensemble.cjs', import.meta.url));

/** It was printed by a stream whose errors nobody heard, so that Node ended the command with a stack. */
describe('the version, where it cannot be printed', () => {
  const said = async (stderr: Readable): Promise<string> => {
    let all = '';
    for await (const piece of stderr.setEncoding('utf8')) all += piece;
    return all;
  };

  it('is kept quiet, since its reader has gone', async () => {
    // Begins when its stdout has no reader any more.
    const words = ['-c', 'read -r _; exec "$@"', 'sh', process.execPath, ensemble, '--version'];
    const child = spawn('sh', words, { stdio: 'pipe' });
    child.stdout.destroy();
    await once(child.stdout, 'close');
    child.stdin.end('\n');
    assert.equal(await said(child.stderr), '');
  });

  it('says that the disk is full', async () => {
    const child = spawn('sh', ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, ensemble, '--version']);
    assert.match(await said(child.stderr), /^ensemble: .*the disk is full\n {2}try: .*\n$/);
  });
});
