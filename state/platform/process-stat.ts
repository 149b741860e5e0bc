import { readFileSync } from 'node:fs';

/** The fields of `/proc/<pid>/stat` that are needed here (proc(5)). */
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
 * True if a process is stopped by a signal (Ctrl-Z, SIGSTOP) or a debugger: it lives, and does nothing until it is
 * continued.
 */
export function isSuspended({ state }: ProcessStat): boolean {
  return state === 'T' || state === 't';
}

/** A process may end between any two looks at it. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
