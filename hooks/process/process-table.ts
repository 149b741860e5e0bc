import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc/<pid>/stat` says of a process, as far as hooks need it (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  /** `R`, `S`, `Z`, … */
  readonly state: string;
  readonly processGroup: number;
  readonly session: number;
  /** Clock ticks since boot: with the pid it names a process for good, as pids are used again. */
  readonly startTime: string;
}

/** Reads one line of `/proc/<pid>/stat`, or nothing where it is not one. */
export function parseStat(line: string): ProcessStat | undefined {
  // The command's name is in parentheses and may itself hold spaces and parentheses.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const [state, , processGroup, session] = fields;
  const startTime = fields[19];
  if (!pid || !state || !processGroup || !session || !startTime) return undefined;
  return { pid, state, processGroup: Number(processGroup), session: Number(session), startTime };
}

/** The process that has this pid now; nothing where there is none or only its exit status is left (zombie). */
export function findProcess(pid: number): ProcessStat | undefined {
  const stat = parseStat(readOrEmpty(`/proc/${pid}/stat`));
  return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
}

/**
 * The living processes of a group whose environment holds `entry`, e.g. `ENSEMBLE_CLIENT_ID=…`. Where the group's
 * leader is gone, its number alone proves nothing: it may have been used again.
 */
export function findGroupMembers(processGroup: number, entry: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => findProcess(Number(name)))
    .filter((stat) => stat?.processGroup === processGroup)
    .flatMap((stat) => (stat && environmentHas(stat.pid, entry) ? [stat.pid] : []));
}

/**
 * Sends a signal to a process, or to a group where `pid` is negative. Nothing happens where it is gone already, or has
 * become another user's, whom it is then left to.
 */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function environmentHas(pid: number, entry: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(entry);
}

/** A process may end between any two looks at it, and another user's environment cannot be read. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
