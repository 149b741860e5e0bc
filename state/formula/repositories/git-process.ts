import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type Clock, systemClock, type Timer } from '../../platform/clock.js';
import { whenProcess } from '../../platform/when-process.js';
import { whenSignalled } from '../../platform/when-signalled.js';
import { endWithParent } from '../../platform/end-with-parent.js';
import { RepositoryUnavailable } from '../errors.js';
import { gitFault } from './git-fault.js';
import type { GitLocation } from './git-location.js';
import { ownVariables } from '../../platform/variables.js';

/** How patient git is run, in milliseconds and bytes. */
export interface GitLimits {
  /** Without a word from it. */
  readonly silence: number;
  /** In all. */
  readonly wall: number;
  /** The most bytes that it may print. */
  readonly mostOutput: number;
  /** The most bytes that it fetches, packed. */
  readonly mostFetched: number;
  /** From being asked to end until it is made to. */
  readonly grace: number;
  readonly clock: Clock;
  /** Aborted when it has to end at once, whatever it does. */
  readonly signal?: AbortSignal;
}

export const gitLimits: GitLimits = {
  silence: 30_000,
  wall: 600_000,
  mostOutput: 64 * 1024 ** 2,
  mostFetched: 2 * 1024 ** 3,
  grace: 2_000,
  clock: systemClock,
};

/** One run of git. */
export interface GitRun {
  readonly location: GitLocation;
  readonly arguments: readonly string[];
  /** The repository on this machine that it works in; none for what only asks. */
  readonly directory?: string;
  readonly input?: string;
  readonly limits: GitLimits;
  /** Gets what it prints, in the place of the result. */
  readonly onOutput?: (piece: Buffer) => void;
  /** Looked at twice a second: why it must end at once, in words that follow the repository. */
  readonly tooMuch?: () => string | undefined;
}

/** Variables that would have git work in another repository, or tell more than its result. */
const FOREIGN =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|NAMESPACE|PREFIX|QUARANTINE_PATH|TRACE.*|CURL_VERBOSE)$/;

/** Overrides settings of git on this machine that would do more than is asked here, or ask somebody. */
const settings = [
  'core.askPass=',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'fetch.unpackLimit=1',
  'advice.detachedHead=false',
];

/** Names a run in the environment of all that git starts, by which those are found that leave its process group. */
const MARK = 'GIT_RUN_OF_ENSEMBLE';

/**
 * Runs git in a process group of its own, since what it starts outlives it otherwise: nobody is asked for anything, no
 * other protocol than that of the location is spoken, and neither time nor output is without bounds.
 * @returns what it printed
 * @throws RepositoryUnavailable, RepositoryNotFound
 */
export async function runGit(run: GitRun): Promise<Buffer> {
  const mark = randomUUID();
  const beside = endWithParent();
  let guard: Guard | undefined;
  try {
    const child = startGit(run, { ...beside.variables, [MARK]: mark });
    if (child.pid !== undefined) beside.guards(child.pid);
    guard = new Guard(child, run, mark);
    return await guard.ended();
  } finally {
    guard?.close();
    beside.release();
  }
}

/** @throws RepositoryUnavailable where that is known at once; else the process says it later */
function startGit({ location, limits, ...run }: GitRun, variables: NodeJS.ProcessEnv): ChildProcess {
  try {
    return spawn('git', [...settings.flatMap((each) => ['-c', each]), ...run.arguments], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...gitEnvironment(location, limits), ...variables },
      ...(run.directory !== undefined && { cwd: run.directory }),
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw notStarted(location, error);
  }
}

function notStarted({ url }: GitLocation, error: NodeJS.ErrnoException): RepositoryUnavailable {
  const isMissing = error.code === 'ENOENT';
  return new RepositoryUnavailable(
    {
      repository: url,
      reason: isMissing
        ? 'there is no git on this machine'
        : `git cannot be started: ${error.code ?? error.message}`,
      ...(isMissing && { next: 'apt-get install git, then the same command again' }),
    },
    { cause: error },
  );
}

function gitEnvironment(location: GitLocation, { silence }: GitLimits): NodeJS.ProcessEnv {
  const own = Object.entries(ownVariables()).filter(([name]) => !FOREIGN.test(name));
  const ssh = 'ssh -oBatchMode=yes -oConnectTimeout=10 -oServerAliveInterval=10 -oServerAliveCountMax=3';
  return {
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    SSH_ASKPASS: '',
    GCM_INTERACTIVE: 'never',
    GIT_ALLOW_PROTOCOL: location.protocol === 'http' ? 'http:https' : location.protocol,
    GIT_SSH_COMMAND: ownVariables().GIT_SSH_COMMAND ?? ssh,
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: String(Math.max(1, Math.ceil(silence / 1_000))),
    GIT_OPTIONAL_LOCKS: '0',
  };
}

/** Watches one process group until it has ended, or ends it. */
class Guard {
  readonly #printed: Buffer[] = [];
  #length = 0;
  #said = '';
  #reason: string | undefined;
  readonly #timers: Timer[] = [];
  #quiet: Timer | undefined;
  readonly #looking: NodeJS.Timeout | undefined;
  readonly #abort = (): void => this.#stop('it takes too long to answer');
  readonly #kill = (): void => this.#signal('SIGKILL');
  /** Takes back what is done when this process ends. */
  readonly #withProcess = [whenProcess('exit', () => this.#kill()), whenSignalled(() => this.#kill())];
  readonly #child: ChildProcess;
  readonly #run: GitRun;
  readonly #mark: string;

  constructor(child: ChildProcess, run: GitRun, mark: string) {
    this.#child = child;
    this.#run = run;
    this.#mark = mark;
    const { limits, tooMuch, input } = run;
    this.#timers.push(limits.clock.after(limits.wall, () => this.#stop('it takes too long to answer')));
    limits.signal?.addEventListener('abort', this.#abort, { once: true });
    if (limits.signal?.aborted === true) this.#abort();
    this.#heard();
    if (tooMuch !== undefined)
      this.#looking = setInterval(() => {
        const reason = tooMuch();
        if (reason !== undefined) this.#stop(reason);
      }, 500);
    // Where this process has as many files open as it may, node makes no pipes, and says so later.
    child.stdout?.on('data', (piece: Buffer) => this.#print(piece));
    child.stderr?.on('data', (piece: Buffer) => {
      this.#heard();
      // The end counts: progress comes before.
      this.#said = `${this.#said}${piece.toString('utf8')}`.slice(-8_192);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  }

  async ended(): Promise<Buffer> {
    const { location } = this.#run;
    const code = await new Promise<number | null>((resolve, reject) => {
      this.#child.on('error', (error) => reject(notStarted(location, error)));
      this.#child.on('close', resolve);
      // A process that left the group may hold the pipes for ever.
      this.#child.on('exit', (code) => {
        const { clock, grace } = this.#run.limits;
        this.#timers.push(
          clock.after(grace, () => {
            this.#endAll();
            resolve(code);
          }),
        );
      });
    });
    // A fast answer may be over before it was looked at.
    const reason = this.#reason ?? (code === 0 ? this.#run.tooMuch?.() : undefined);
    if (reason !== undefined) throw new RepositoryUnavailable({ repository: location.url, reason });
    if (code !== 0) throw gitFault(location, this.#said, code);
    return Buffer.concat(this.#printed);
  }

  close(): void {
    for (const forget of this.#withProcess) forget();
    for (const timer of this.#timers) timer.cancel();
    this.#quiet?.cancel();
    clearInterval(this.#looking);
    this.#run.limits.signal?.removeEventListener('abort', this.#abort);
    // Processes that git started may outlive it.
    if (this.#reason === undefined) this.#kill();
    else this.#endAll();
  }

  #print(piece: Buffer): void {
    this.#heard();
    const { onOutput } = this.#run;
    if (onOutput !== undefined) {
      onOutput(piece);
      return;
    }
    this.#length += piece.length;
    if (this.#length > this.#run.limits.mostOutput) this.#stop('it has more to say than is listened to');
    else this.#printed.push(piece);
  }

  #heard(): void {
    const { clock, silence } = this.#run.limits;
    this.#quiet?.cancel();
    this.#quiet = clock.after(silence, () => this.#stop('it does not answer'));
  }

  #stop(reason: string): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const { clock, grace } = this.#run.limits;
    this.#signal('SIGTERM');
    this.#timers.push(clock.after(grace, this.#kill));
  }

  /** Ends also those that made a group of their own. */
  #endAll(): void {
    this.#kill();
    killMarked(`${MARK}=${this.#mark}`);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #signal(name: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // All of it has ended.
    }
  }
}

/** Ends all processes of this user that were started with a variable. */
function killMarked(variable: string): void {
  for (const name of processes()) {
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(variable)) continue;
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has ended, or is somebody else's.
    }
  }
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
