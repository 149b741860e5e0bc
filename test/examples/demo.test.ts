import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const demo = fileURLToPath(new URL('../../examples/demo.js', import.meta.url));

interface Ended {
  readonly status: number | NodeJS.Signals | null;
  readonly output: string;
}

describe('npm run demo', function () {
  this.timeout(120_000);
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-demo-test-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  /** Runs the demo in a temporary directory of its own, calling `look` with all its output whenever there is more. */
  function runDemo(look: (output: string, process: ChildProcess) => void = () => undefined): Promise<Ended> {
    const child = spawn(process.execPath, [demo], {
      env: { PATH: process.env.PATH, HOME: directory, TMPDIR: directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        look(output, child);
      });
    }
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ status: code ?? signal, output }));
    });
  }

  /** Everything the demo starts has its directory in its command line or environment. */
  function remains(): readonly string[] {
    const processes = readdirSync('/proc').filter((name) => {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
      try {
        return ['cmdline', 'environ'].some((file) =>
          readFileSync(`/proc/${name}/${file}`, 'utf8').includes(directory),
        );
      } catch {
        return false;
      }
    });
    return [...processes, ...readdirSync(directory)];
  }

  it('upgrades a guestbook and a whole system, loses neither entries nor requests, and leaves nothing behind', async () => {
    const { status, output } = await runDemo();
    assert.equal(status, 0, output);
    assert.match(output, /3 of 3 units run principia:guestbook-1/);
    assert.match(output, /3 of 3 units run principia:guestbook-2/);
    assert.match(output, /\(revision 2, 1 entry\)\n {2}Ada, /);
    assert.match(output, /\(revision 2, 1 entry\)\n {2}Grace, /);
    assert.match(output, /3 of 3 units run ours:notes-2/);
    assert.match(output, /the canary is healthy[\s\S]*\$ ensemble rollout promote notes/);
    assert.match(output, /the rollout went back to ours:notes-2: notes\/2 failed: .*there is no converter/);
    assert.equal(output.match(/[1-9]\d* requests were answered so far, and none failed/g)?.length, 5);
    assert.match(output, /\(revision 2, \d of \d\)[\s\S]*milk and bread/);
    assert.ok(!output.includes('\u001b'), 'a pipe gets plain lines');
    assert.deepEqual(remains(), []);
  });

  const moments = {
    'the agent starts': '$ ensemble-agent',
    'the upgrade is under way': 'upgrading, hook',
    'the system is under traffic': '$ ensemble add-unit',
  };
  for (const [moment, words] of Object.entries(moments))
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      it(`leaves nothing behind after ${signal} when ${moment}`, async () => {
        let sent = false;
        const { status, output } = await runDemo((so, child) => {
          if (sent || !so.includes(words)) return;
          sent = true;
          child.kill(signal);
        });
        assert.equal(status, 130, output);
        assert.match(output, new RegExp(`${signal}: cleaning up`));
        assert.deepEqual(remains(), []);
      });
});
