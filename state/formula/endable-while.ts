import { type ChildProcess, spawn } from 'node:child_process';
import { findPerl } from '../platform/find-perl.js';

let isOn = false;

/** Has Ctrl-C end this process also while something hangs that it reads of a repository. For programs that an operator types. */
export function endReadingByCtrlC(): void {
  isOn = true;
}

/**
 * Reads something that may hang, such as a network mount whose server went away between a helper's look and this. This process
 * can then do nothing, not even hear of a signal: a small process beside it, to which the terminal sends it too, kills it where
 * it has not ended by itself three seconds later.
 * @param path what is read, for the message
 */
export async function endableWhile<T>(path: string, read: () => Promise<T>): Promise<T> {
  if (!isOn) return read();
  const guard = startGuard(path);
  try {
    return await read();
  } finally {
    guard?.stdin?.destroy();
  }
}

/** Nobody is to wait for it, and without it all is as before. @returns undefined where it cannot be started */
function startGuard(path: string): ChildProcess | undefined {
  const perl = findPerl();
  try {
    const guard: ChildProcess = spawn(perl, ['-e', GUARD, String(process.pid), path], {
      cwd: '/',
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    // Where this process has as many files open as it may, node makes no pipe.
    for (const part of [guard, guard.stdin]) part?.on('error', () => undefined);
    guard.unref();
    return guard;
  } catch {
    return undefined;
  }
}

/** It ends when this process has read, or is gone. */
const GUARD = String.raw`
my ($pid, $path) = @ARGV;
my $asked;
$SIG{$_} = sub { alarm 3 unless $asked++ } for qw(INT TERM HUP);
$SIG{ALRM} = sub {
  exit if getppid != $pid;
  print STDERR "ensemble: ended, as $path does not answer\n";
  kill 'KILL', $pid;
  exit;
};
while (1) {
  my $count = sysread STDIN, my $word, 1;
  exit if defined $count || !$!{EINTR};
}`;
