import { type ChildProcess, spawn } from 'node:child_process';
import type { SinkRules } from '../../state/environments/watcher-section.js';
import type { StoredAnnouncement } from '../../state/model/watcher-delivery.js';
import { whenProcess } from '../../state/platform/when-process.js';
import type { Clock, Timer } from '../../state/platform/clock.js';
import { endWithParent } from '../../state/platform/end-with-parent.js';
import { printable } from '../../state/platform/printable.js';
import { acknowledged, type Attempt, failed } from './sink.js';

type Command = Extract<SinkRules, { kind: 'command' }>;

/** Bytes that a command may print, which nobody reads but for the end of them. */
const MOST_OUTPUT = 256 * 1024;

/** Characters of its last words that are kept. */
const LAST_WORDS = 300;

/** Milliseconds from being asked to end until it is made to. */
const GRACE = 2_000;

/** All that it gets of the watcher's own environment. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'TZ'];

/**
 * Runs a command with the announcement as JSON on its stdin; exit status 0 acknowledges it. It has a process group of its
 * own, which is killed when the command has ended, takes too long or prints too much: what it started ends with it.
 */
export function runCommand(
  { command: [program, ...words], timeout }: Command,
  announcement: StoredAnnouncement,
  clock: Clock,
  signal: AbortSignal,
): Promise<Attempt> {
  return new Promise((resolve) => {
    const guard = endWithParent();
    const notStarted = (error: NodeJS.ErrnoException): Attempt =>
      failed(`${program} cannot be started: ${error.code ?? error.message}`, true);
    let child: ChildProcess;
    try {
      child = spawn(program, words, {
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { ...environmentOf(announcement), ...guard.variables },
      });
    } catch (error) {
      guard.release();
      if (!(error instanceof Error)) throw error;
      resolve(notStarted(error));
      return;
    }
    if (child.pid !== undefined) guard.guards(child.pid);
    const timers: Timer[] = [];
    let said = '';
    let printed = 0;
    let stopped: string | undefined;
    const kill = (name: NodeJS.Signals): void => killGroup(child.pid, name);
    const killNow = (): void => kill('SIGKILL');
    const stop = (reason: string): void => {
      if (stopped !== undefined) return;
      stopped = reason;
      kill('SIGTERM');
      timers.push(clock.after(GRACE, killNow));
    };
    const end = (attempt: Attempt): void => {
      for (const timer of timers) timer.cancel();
      signal.removeEventListener('abort', killNow);
      forget();
      killNow();
      guard.release();
      // Whoever it started may hold them open.
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(attempt);
    };
    const hear = (piece: Buffer): void => {
      printed += piece.length;
      said = `${said}${piece.toString('utf8')}`.slice(-LAST_WORDS);
      if (printed > MOST_OUTPUT) stop(`it printed more than ${MOST_OUTPUT} bytes`);
    };
    const forget = whenProcess('exit', killNow);
    signal.addEventListener('abort', killNow, { once: true });
    if (signal.aborted) killNow();
    timers.push(clock.after(timeout, () => stop(`it did not end within ${timeout / 1_000} s`)));
    // Where this process has as many files open as it may, node makes no pipes, and says so later.
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(`${JSON.stringify(announcement)}\n`);
    child.on('error', (error) => end(notStarted(error)));
    // Not `close`, for which the pipes of a grandchild would have to end too.
    child.on('exit', (code, by) => end(judgeExit(code, by, stopped, said)));
  });
}

function judgeExit(
  code: number | null,
  by: NodeJS.Signals | null,
  stopped: string | undefined,
  said: string,
): Attempt {
  if (stopped !== undefined) return failed(stopped, true);
  if (code === 0) return acknowledged;
  const words = printable(said);
  const how = code === null ? `it was ended by ${by}` : `it exits with ${code}`;
  return failed(words === '' ? how : `${how}: ${words}`, false);
}

function environmentOf({ id, environment, service }: StoredAnnouncement): NodeJS.ProcessEnv {
  const own = INHERITED.map((name) => [name, process.env[name]] as const);
  return {
    ...Object.fromEntries(own.filter(([, value]) => value !== undefined)),
    ENSEMBLE_ANNOUNCEMENT: id,
    ENSEMBLE_ENVIRONMENT: environment,
    ENSEMBLE_SERVICE_NAME: service,
  };
}

function killGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}
