import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { parseStat } from '../../state/platform/process-stat.js';

/** A process that runs on when its unit is gone. */
export interface LeftRunning {
  readonly pid: number;
  /** Its program and, where that is an interpreter's, its script; other arguments may be secrets. */
  readonly command: string;
  /** Clock ticks since boot: with the pid it names the process for good. */
  readonly startTime: string;
}

/** The processes to look for. */
interface Searched {
  /**
   * An entry that only hooks of the unit have in their environment, e.g. `ENSEMBLE_DATA_DIR=…`; their children
   * inherit it.
   */
  readonly entry: string;
  /** Absolute: the unit's directory. */
  readonly root: string;
}

/** How processes are looked at; of what is gone, or another user's, it is empty. */
export interface Processes {
  /** Their pids. */
  list(): Promise<readonly number[]>;
  read(pid: number, file: 'stat' | 'environ' | 'cmdline' | 'comm'): Promise<string>;
  /** Its working directory. */
  cwd(pid: number): Promise<string>;
}

/** Milliseconds after which a look at a process counts as one that never ends: it stands still in the kernel. */
const STUCK = 1_000;

/** Looks that never ended; each holds one of few threads, so nobody is looked at any more when there are two. */
const MOST_STUCK = 2;

/**
 * Gives what `searchLeftRunning` finds; who asks in one turn of the event loop has one look at all processes done for all,
 * as that is what takes time. A process that cannot be looked at counts as none that was left.
 */
export function togetherFinding(
  processes: Processes = procfs,
  clock: Clock = systemClock,
): (searched: Searched) => Promise<readonly LeftRunning[]> {
  const stuck = new Set<number>();
  let waiting: Searched[] = [];
  let result: Promise<readonly (readonly LeftRunning[])[]> | undefined;
  return async (searched) => {
    const index = waiting.push(searched) - 1;
    result ??= turn().then(() => {
      const all = waiting;
      waiting = [];
      result = undefined;
      return searchLeftRunning(all, processes, clock, stuck);
    });
    return (await result)[index] ?? [];
  };
}

/**
 * The living processes that each unit's hooks started: those that have its environment, those of their sessions, also
 * where they have another environment by now, and those that work in its directory. Of other users' processes only
 * the session can be read. This process is none of them.
 * @param stuck processes whose look did not end yet; it gets those of this search
 */
export async function searchLeftRunning(
  searched: readonly Searched[],
  processes: Processes = procfs,
  clock: Clock = systemClock,
  stuck = new Set<number>(),
): Promise<readonly (readonly LeftRunning[])[]> {
  const look = (pid: number, act: () => Promise<string>): Promise<string> =>
    unlessStuck(pid, clock, stuck, act);
  const entries = new Set(searched.map(({ entry }) => entry));
  const living: Living[] = [];
  for (const pid of await processes.list()) {
    if (pid === process.pid) continue;
    const found = parseStat(await look(pid, () => processes.read(pid, 'stat')));
    if (found === undefined || found.state === 'Z' || found.state === 'X') continue;
    const environment = await look(pid, () => processes.read(pid, 'environ'));
    const has = environment.split('\0').filter((entry) => entries.has(entry));
    const cwd = await look(pid, () => processes.cwd(pid));
    living.push({ pid, session: found.session, startTime: found.startTime, has, cwd });
  }
  const results: (readonly LeftRunning[])[] = [];
  for (const { entry, root } of searched) {
    const sessions = new Set(living.filter(({ has }) => has.includes(entry)).map(({ session }) => session));
    const left: LeftRunning[] = [];
    for (const { pid, session, startTime, has, cwd } of living)
      if (has.includes(entry) || sessions.has(session) || cwd === root || cwd.startsWith(root + sep))
        left.push({ pid, startTime, command: await look(pid, () => commandOf(processes, pid, cwd)) });
    results.push(left);
  }
  return results;
}

interface Living {
  readonly pid: number;
  readonly session: number;
  readonly startTime: string;
  /** The entries to look for in its environment. */
  readonly has: readonly string[];
  readonly cwd: string;
}

/** Empty where that does not end in time. */
async function unlessStuck(
  pid: number,
  clock: Clock,
  stuck: Set<number>,
  act: () => Promise<string>,
): Promise<string> {
  if (stuck.has(pid) || stuck.size >= MOST_STUCK) return '';
  return new Promise((resolve, reject) => {
    const timer = clock.after(STUCK, () => {
      stuck.add(pid);
      resolve('');
    });
    act()
      .then(resolve, reject)
      .finally(() => {
        timer.cancel();
        stuck.delete(pid);
      });
  });
}

async function commandOf(processes: Processes, pid: number, cwd: string): Promise<string> {
  const [program = '', argument = ''] = (await processes.read(pid, 'cmdline')).split('\0');
  if (program === '') return (await processes.read(pid, 'comm')).trim();
  const isScript = argument !== '' && (await isFile(resolve(cwd || '/', argument)));
  return isScript ? `${basename(program)} ${argument}` : basename(program);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A process may end between any two looks at it, and another user's environment cannot be read. */
const procfs: Processes = {
  list: async () => (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number),
  read: (pid, file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => ''),
  cwd: (pid) => readlink(`/proc/${pid}/cwd`).catch(() => ''),
};
