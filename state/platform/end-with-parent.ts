import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/**
 * Reads all process groups that run, a line each time that changes. Where its stdin ends and some still run, whoever started them
 * was killed: then they are, and all that have the variable in their environment; looked for twice, as what is killed may just
 * have started something.
 */
const GUARD = `
trap '' INT TERM HUP
running=
while read -r line; do running=$line; done
[ -n "$running" ] || exit 0
for group in $running; do
  [ "$group" = 0 ] || kill -s KILL -- "-$group" 2>/dev/null
done
for time in 1 2; do
  for directory in /proc/[0-9]*; do
    grep -qs -e "$1" "$directory/environ" && kill -s KILL "\${directory#/proc/}" 2>/dev/null
  done
done
exit 0
`;

/** The variable by which all that this process started is known, also where it leaves its process group. */
const VARIABLE = 'STARTED_BY_ENSEMBLE';
const own = randomUUID();

/** Milliseconds from one start of the guard until it is started anew because it ended: where it ends each time, that is no loop. */
const PAUSE = 1_000;

/** What runs, with its process group; 0 while that is not known. */
const running = new Map<Guarded, number>();
/** Where the guard listens; undefined before anything was started, and where it cannot be started. */
let guard: Writable | undefined;
/** When it was started last, in milliseconds since this process began. */
let startedAt = Number.NEGATIVE_INFINITY;
let startingAgain: NodeJS.Timeout | undefined;

/** Something that ends when this process is killed. */
interface Guarded {
  /** Belong into its environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names its process group, by the id of the first process. */
  guards(group: number): void;
  /** It has ended. */
  release(): void;
}

/**
 * Has what is about to be started end when this process is killed and can end nothing itself any more: node has no way to ask
 * the kernel for that, so a shell waits, one for all that this process starts. Called before it is started, so that there is no
 * moment between.
 */
export function endWithParent(): Guarded {
  const guarded: Guarded = {
    variables: { [VARIABLE]: own },
    guards: (group) => {
      running.set(guarded, group);
      tell();
    },
    release: () => {
      running.delete(guarded);
      tell();
    },
  };
  running.set(guarded, 0);
  tell();
  return guarded;
}

/** Tells the guard what runs. Without one all else goes on. */
function tell(): void {
  guard ??= startGuard();
  guard?.write(`${[...running.values()].join(' ')}\n`);
}

/** It stays for what is started later, and ends with this process. @returns undefined where it cannot be started */
function startGuard(): Writable | undefined {
  startedAt = performance.now();
  let shell: ChildProcess;
  try {
    shell = spawn('/bin/sh', ['-c', GUARD, 'ensemble-guard', `${VARIABLE}=${own}`], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      // The mark of who started this process is left out: its guard would end this one before it did its work.
      env: { PATH: process.env.PATH },
    });
  } catch {
    // The system has no memory for it.
    startAgain();
    return undefined;
  }
  // Where this process has as many files open as it may, node makes no pipe.
  const stdin = shell.stdin ?? undefined;
  const forget = (): void => {
    if (guard !== stdin) return;
    guard = undefined;
    startAgain();
  };
  shell.on('error', forget);
  shell.on('exit', forget);
  stdin?.on('error', forget);
  shell.unref();
  if (stdin instanceof Socket) stdin.unref();
  return stdin;
}

/** What runs is not left without a guard because that was killed. */
function startAgain(): void {
  if (running.size === 0 || startingAgain !== undefined) return;
  const left = Math.max(0, startedAt + PAUSE - performance.now());
  startingAgain = setTimeout(() => {
    startingAgain = undefined;
    if (running.size > 0 && guard === undefined) tell();
  }, left).unref();
}
