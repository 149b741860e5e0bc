import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import { parseStat } from '../../state/platform/process-stat.js';

/** A process that runs on when its unit is gone. */
export interface LeftRunning {
  readonly pid: number;
  /** Its program and, where that is an interpreter's, its script; other arguments may be secrets. */
  readonly command: string;
  /** Clock ticks since boot: with the pid it names the process for good. */
  readonly startTime: string;
}

/** What is looked for. */
export interface Searched {
  /** What only hooks of the unit have in their environment, e.g. `ENSEMBLE_DATA_DIR=…`; whoever they start inherits it. */
  readonly entry: string;
  /** Absolute: the unit's directory. */
  readonly root: string;
}

/**
 * The living processes that a unit's hooks started: those that have its environment, those of their sessions, also
 * where they have another environment by now, and those that work in its directory. Of other users' processes only
 * the session can be read. This process is none of them.
 */
export function findLeftRunning({ entry, root }: Searched): readonly LeftRunning[] {
  const living = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const stat = parseStat(readOrEmpty(`/proc/${name}/stat`));
      return stat === undefined || stat.state === 'Z' || stat.state === 'X' ? [] : [stat];
    });
  const own = new Set(living.filter(({ pid }) => hasEntry(pid, entry)).map(({ pid }) => pid));
  const sessions = new Set(living.filter(({ pid }) => own.has(pid)).map(({ session }) => session));
  return living
    .filter(({ pid, session }) => own.has(pid) || sessions.has(session) || worksIn(pid, root))
    .map(({ pid, startTime }) => ({ pid, startTime, command: commandOf(pid) }));
}

function hasEntry(pid: number, entry: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(entry);
}

function worksIn(pid: number, root: string): boolean {
  const directory = linkOf(`/proc/${pid}/cwd`);
  return directory === root || directory.startsWith(root + sep);
}

function commandOf(pid: number): string {
  const [program = '', argument = ''] = readOrEmpty(`/proc/${pid}/cmdline`).split('\0');
  if (program === '') return readOrEmpty(`/proc/${pid}/comm`).trim();
  const script = resolve(linkOf(`/proc/${pid}/cwd`) || '/', argument);
  return argument !== '' && isFile(script) ? `${basename(program)} ${argument}` : basename(program);
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : '';
  } catch {
    return '';
  }
}

/** A process may end between any two looks at it, and another user's environment cannot be read. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
