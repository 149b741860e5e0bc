import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { wrapper } from './wrapper.js';

/** What a hook's process is started with. */
export interface Launch {
  /** The run's id: a word of letters, digits and dashes. */
  readonly id: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The wrapper's arguments. */
  readonly words: readonly string[];
}

/** A wrapper that was launched. */
export interface Launched {
  readonly pid: number;
  /** Resolves with its exit status as a shell has it: 128 + n for signal n. Open for ever where the launcher is killed. */
  readonly ended: Promise<number>;
}

/** Characters; Linux takes 128 KiB of one argument or variable. Whoever forks is told by the system what is too much. */
const longestText = 30_000;

interface Waiting {
  readonly started: (launched: Launched) => void;
  readonly failed: (error: Error) => void;
  readonly ended: (status: number) => void;
  readonly end: Promise<number>;
}

/**
 * What the launcher runs: for each request on its input a wrapper, of which it tells `ID runs PID` and then `ID ended
 * STATUS`, or `ID failed`. It loads no module that perl-base lacks.
 *
 * - A request is its length in four bytes and so many bytes of it; neither a path nor a variable can hold the NUL
 *   between its parts.
 * - What the agent has open is closed first: its journal's file would be open in every hook.
 * - A wrapper is over when file 9 is closed, which it alone has, a pipe's end: no signal can come at the wrong moment.
 */
const script = `use POSIX ();
my ($wrapper, $asked, %runs) = ($ARGV[0], '');
vec($asked, 0, 1) = 1;
opendir my $open, '/proc/self/fd';
POSIX::close($_) for grep { /^\\d+$/ && $_ > 2 } readdir $open;
sub told { syswrite STDOUT, "@_\\n" }
sub take {
  my ($rest, $bytes) = ($_[0], '');
  while ($rest > length $bytes) { sysread(STDIN, $bytes, $rest - length $bytes, length $bytes) or exit }
  $bytes;
}
sub launch {
  my ($id, $directory, $log, $count, @rest) = split /\\0/, $_[0], -1;
  my @words = splice @rest, 0, $count;
  chdir $directory and pipe(my $end, my $held) and open my $output, '>>', $log or return told($id, 'failed');
  my $pid = fork;
  return told($id, 'failed') unless defined $pid;
  unless ($pid) {
    POSIX::setsid();
    open STDIN, '<', '/dev/null';
    open STDOUT, '>&', $output;
    open STDERR, '>&', $output;
    POSIX::dup2(fileno $held, 9);
    %ENV = map { split /=/, $_, 2 } @rest;
    exec '/bin/sh', '-c', $wrapper, 'hook', @words;
    POSIX::_exit(127);
  }
  vec($asked, fileno $end, 1) = 1;
  $runs{fileno $end} = [$end, $id, $pid];
  told($id, 'runs', $pid);
}
while (1) {
  chdir '/';
  next if select(my $ready = $asked, undef, undef, undef) < 0;
  for my $at (grep { vec $ready, $_, 1 } keys %runs) {
    my (undef, $id, $pid) = @{delete $runs{$at}};
    vec($asked, $at, 1) = 0;
    waitpid $pid, 0;
    told($id, 'ended', $? & 127 ? 128 + ($? & 127) : $? >> 8);
  }
  launch(take(unpack 'N', take(4))) if vec $ready, 0, 1;
}
`;

/**
 * Starts processes from a small one. To fork, Linux copies the page tables of the process: for an agent of 200 MB that
 * takes ten times as long as the hook it starts, and the agent stands still meanwhile. So a perl of 5 MB forks; it
 * lives as long as the agent, and hooks outlive both.
 */
export class Launcher {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<string, Waiting>();
  #over = false;

  private constructor(perl: string) {
    this.#process = spawn(perl, ['-e', script, wrapper], {
      cwd: '/',
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { stdin, stdout } = this.#process;
    if (stdin === null || stdout === null) throw new Error('a launcher without pipes');
    const fail = (): void => this.#fail();
    this.#process.once('error', fail).once('exit', fail);
    stdin.once('error', fail);
    createInterface({ input: stdout }).on('line', (line) => this.#told(line));
    this.#hold();
  }

  /** Whether nothing in it is too long for a program to be started with: then whoever forks is told by the system. */
  static takes({ directory, environment, logFile, words }: Launch): boolean {
    const texts = [directory, logFile, ...words, ...Object.values(environment)];
    return texts.every((text) => text.length < longestText);
  }

  /** Undefined where the system has no perl: each hook is then forked from this process. */
  static open(): Launcher | undefined {
    const perl = find('perl');
    return perl === undefined ? undefined : new Launcher(perl);
  }

  /** True when it has ended, and another one is needed. */
  get isOver(): boolean {
    return this.#over;
  }

  /** @throws Error where the launcher is gone or cannot fork */
  launch({ id, directory, environment, logFile, words }: Launch): Promise<Launched> {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const parts = [id, directory, logFile, String(words.length), ...words, ...variables];
    const request = Buffer.from(`    ${parts.join('\0')}`);
    request.writeUInt32BE(request.length - 4);
    return new Promise((started, failed) => {
      if (this.#over) return failed(new Error('the launcher is gone'));
      let ended: (status: number) => void = () => undefined;
      const end = new Promise<number>((resolve) => {
        ended = resolve;
      });
      this.#waiting.set(id, { started, failed, ended, end });
      this.#hold();
      this.#process.stdin?.write(request);
    });
  }

  #told(line: string): void {
    const [id = '', what, number] = line.split(' ');
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (what === 'runs') waiting.started({ pid: Number(number), ended: waiting.end });
    if (what === 'failed')
      waiting.failed(new Error('the system has no process for it, or its directory is gone'));
    if (what === 'ended') waiting.ended(Number(number));
    if (what !== 'runs') this.forget(id);
  }

  /** Waits for the end of this one no longer. */
  forget(id: string): void {
    this.#waiting.delete(id);
    this.#hold();
  }

  /** Keeps this process alive just as long as it waits for one; the launcher reads to its end when this process is gone. */
  #hold(): void {
    const { stdout } = this.#process;
    const handles: readonly unknown[] = [this.#process, this.#process.stdin, stdout];
    for (const handle of handles) {
      if (!isHandle(handle)) continue;
      if (this.#waiting.size > 0) handle.ref();
      else handle.unref();
    }
  }

  /** What runs already goes on, and writes its end down itself. */
  #fail(): void {
    this.#over = true;
    for (const { failed } of this.#waiting.values()) failed(new Error('the launcher ended'));
  }
}

/** A pipe to a child process is a socket, although its type does not say so. */
function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === 'object' && value !== null && 'ref' in value && 'unref' in value;
}

function find(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
