import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { hold } from './hold.js';
import type { HookEnd } from './outcome.js';

/** What a hook's process is started with. */
export interface Launch {
  /** The run's id: a word of letters, digits and dashes. */
  readonly id: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The run's directory, the hook, the offset in the log, the time of the start: the wrapper's arguments too. */
  readonly words: readonly [runDirectory: string, hook: string, logOffset: string, startedAt: string];
}

/** A hook that was launched. */
export interface Launched {
  readonly pid: number;
  /** Open for ever where the launcher is killed. */
  readonly ended: Promise<HookEnd>;
}

/** Characters; Linux takes 128 KiB of one argument or variable. Whoever forks is told by the system what is too much. */
const longestText = 30_000;

interface Waiting {
  readonly started: (launched: Launched) => void;
  readonly failed: (error: Error) => void;
  readonly ended: (end: HookEnd) => void;
  readonly end: Promise<HookEnd>;
}

/**
 * What the launcher runs: for each request on its input a hook, of which it tells `ID runs PID` and then `ID ended
 * STATUS` or `ID refused`; or `ID failed`. It loads no module that perl-base lacks. A run's directory gets from it what
 * `wrapper` writes into it, in the same order and for the same reasons.
 *
 * - A request is its length in four bytes and so many bytes of it; neither a path nor a variable can hold the NUL
 *   between its parts.
 * - What the agent has open is closed first: its journal's file would be open in every hook. What is opened here is
 *   closed by `exec`.
 * - It outlives the agent until its last hook has ended, and no signal ends it but SIGKILL. Signals are caught, since
 *   those that are ignored would stay so in the hooks.
 * - SIGCHLD interrupts `select`, but it may come just before: so that waits a tenth of a second at most.
 */
const script = `use POSIX qw(:errno_h :fcntl_h :sys_wait_h);
my ($agent, %runs) = 1;
$SIG{$_} = sub {} for qw(CHLD HUP INT PIPE TERM);
sub this {
  open my $stat, '<', '/proc/self/stat' or return '';
  readline $stat;
}
my $launcher = this();
opendir my $open, '/proc/self/fd';
POSIX::close($_) for grep { /^\\d+$/ && $_ > 2 } readdir $open;
open my $null, '<', '/dev/null';
sub told { 1 until defined syswrite STDOUT, "@_\\n" or $! != EINTR }
sub take {
  my ($rest, $bytes) = ($_[0], '');
  while ($rest > length $bytes) {
    my $read = sysread STDIN, $bytes, $rest - length $bytes, length $bytes;
    return unless $read or !defined $read && $! == EINTR;
  }
  $bytes;
}
sub note {
  my ($file, $text, $noted) = @_;
  open $noted, '>', $file and length $text == syswrite $noted, $text;
}
sub claim {
  my ($run, $since) = @_;
  my $this = this() or return;
  note("$run/process", "$this$since\\n$launcher")
    and sysopen my $claim, "$run/claim", O_WRONLY | O_CREAT | O_EXCL;
}
sub launch {
  my ($id, $directory, $log, $run, $hook, $offset, $started, @environment) = split /\\0/, $_[0], -1;
  chdir $directory and open my $output, '>>', $log and pipe my $refusal, my $refuse or return told($id, 'failed');
  my $pid = fork;
  return told($id, 'failed') unless defined $pid;
  unless ($pid) {
    POSIX::setsid();
    POSIX::dup2(fileno $null, 0);
    POSIX::dup2(fileno $output, $_) for 1, 2;
    unless (claim($run, "$offset $started")) {
      syswrite $refuse, 'no';
      POSIX::_exit(125);
    }
    %ENV = map { split /=/, $_, 2 } @environment;
    exec { $hook } $hook;
    my $status = $! == ENOENT ? 127 : 126;
    syswrite STDERR, "$hook: $!\\n";
    POSIX::_exit($status);
  }
  $runs{$pid} = [$id, $run, $refusal];
  told($id, 'runs', $pid);
}
sub ended {
  my ($id, $run, $refusal) = @{delete $runs{$_[0]}};
  return told($id, 'refused') if sysread $refusal, my $no, 1;
  my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
  note("$run/status", "$status\\n");
  told($id, 'ended', $status);
}
while ($agent || %runs) {
  chdir '/';
  vec(my $ready = '', 0, 1) = $agent;
  my $asked = select($ready, undef, undef, %runs ? 0.1 : undef) > 0;
  while (%runs and (my $pid = waitpid -1, WNOHANG) > 0) { ended($pid) }
  next unless $asked;
  my $length = take(4);
  my $request = defined $length ? take(unpack 'N', $length) : undef;
  defined $request ? launch($request) : ($agent = 0);
}
`;

/**
 * Starts processes from a small one. To fork, Linux copies the page tables of the process: for an agent of 200 MB that
 * takes ten times as long as the hook it starts, and the agent stands still meanwhile. So a perl of 5 MB forks, and waits
 * for the hooks' ends, whether or not the agent lives.
 */
export class Launcher {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<string, Waiting>();
  #over = false;

  private constructor(perl: string) {
    this.#process = spawn(perl, ['-e', script], {
      cwd: '/',
      // A session of its own: what a terminal sends to the agent is not meant for it.
      detached: true,
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
    const parts = [id, directory, logFile, ...words, ...variables];
    const request = Buffer.from(`    ${parts.join('\0')}`);
    request.writeUInt32BE(request.length - 4);
    return new Promise((started, failed) => {
      if (this.#over) return failed(new Error('the launcher is gone'));
      let ended: (end: HookEnd) => void = () => undefined;
      const end = new Promise<HookEnd>((resolve) => {
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
    if (what === 'ended') waiting.ended({ status: Number(number) });
    if (what === 'refused') waiting.ended({ refused: true });
    if (what !== 'runs') this.forget(id);
  }

  /** Waits for the end of this one no longer. */
  forget(id: string): void {
    this.#waiting.delete(id);
    this.#hold();
  }

  /** Keeps this process alive just as long as it waits for one. */
  #hold(): void {
    hold(this.#process, this.#waiting.size > 0);
  }

  /** What runs already goes on; how it ended nobody knows then. */
  #fail(): void {
    this.#over = true;
    for (const { failed } of this.#waiting.values()) failed(new Error('the launcher ended'));
  }
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
