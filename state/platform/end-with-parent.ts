import { spawn } from 'node:child_process';
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

/** What runs, with its process group; 0 while that is not known. */
const running = new Map<Guarded, number>();
/** Where the guard listens; undefined before anything was started. */
let guard: Writable | undefined;

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
    guards: (group) => note(group),
    release: () => note(undefined),
  };
  const note = (group: number | undefined): void => {
    if (group === undefined) running.delete(guarded);
    else running.set(guarded, group);
    guard ??= startGuard();
    guard.write(`${[...running.values()].join(' ')}\n`);
  };
  note(0);
  return guarded;
}

/** It stays for what is started later, and ends with this process. */
function startGuard(): Writable {
  const shell = spawn('/bin/sh', ['-c', GUARD, 'ensemble-guard', `${VARIABLE}=${own}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    // The mark of who started this process is left out: its guard would end this one before it did its work.
    env: { PATH: process.env.PATH },
  });
  const { stdin } = shell;
  const forget = (): void => {
    if (guard === stdin) guard = undefined;
  };
  // Without a shell there is no guard, and all else goes on.
  shell.on('error', forget);
  shell.on('exit', forget);
  stdin.on('error', forget);
  shell.unref();
  if (stdin instanceof Socket) stdin.unref();
  return stdin;
}
