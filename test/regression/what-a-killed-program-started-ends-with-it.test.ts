import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.js';

const ROOT = new URL('../../', import.meta.url).pathname;

/** What git starts for ssh: it hangs, and so does a child of it that left its group. */
const SSH = `#!/bin/sh
echo $$ >>"$PIDS"
setsid sh -c 'echo $$ >>"$PIDS"; exec sleep 1000' &
exec sleep 1000
`;

const ASKS = `
const { openRepository } = await import('${ROOT}state/formula/repositories/open.js');
await openRepository('git+ssh://example.com/hangs');
`;

const ASKS_AGAIN = `
const { openRepository } = await import('${ROOT}state/formula/repositories/open.js');
await openRepository('git+file:///nowhere').catch(() => undefined);
await Promise.all(['one', 'two'].map((name) => openRepository('git+ssh://example.com/' + name)));
`;

const DELIVERS = `
const { runCommand } = await import('${ROOT}watcher/sinks/command.js');
const { systemClock } = await import('${ROOT}state/platform/clock.js');
const command = ['/bin/sh', '-c', 'echo $$ >>"$HOME/pids"; sleep 1000 & echo $! >>"$HOME/pids"; wait'];
const rules = { kind: 'command', name: 'hangs', command, timeout: 600_000, tries: 1, giveUp: 600_000 };
await runCommand(rules, { id: 'a', environment: 'e', service: 's' }, systemClock, new AbortController().signal);
`;

describe('what a program started that is killed', function () {
  this.timeout(120_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-orphans-'));
    await writeFile(join(directory, 'ssh'), SSH, { mode: 0o755 });
  });
  afterEach(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));

  const pids = async (): Promise<readonly number[]> => {
    const text = await readFile(join(directory, 'pids'), 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [Number(line)]));
  };

  for (const [title, program, count] of [
    ['git, with all that it started', ASKS, 2],
    ['several at once, after another one that has ended', ASKS_AGAIN, 4],
    ['the command of a sink, with all that it started', DELIVERS, 2],
  ] as const)
    it(`ends with it: ${title}`, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: 'ignore',
        env: {
          ...process.env,
          HOME: directory,
          TMPDIR: directory,
          GIT_SSH_COMMAND: join(directory, 'ssh'),
          PIDS: join(directory, 'pids'),
        },
      });
      const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
      const started = await eventually(async () => {
        const found = await pids();
        assert.equal(found.length, count);
        return found;
      });
      child.kill('SIGKILL');
      await ended;
      await eventually(() => {
        for (const pid of started) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
      });
    });
});
