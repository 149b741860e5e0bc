import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId } from '../../hooks/process/hook-run.js';
import { findProcess } from '../../hooks/process/process-table.js';
import { removeRun } from '../../hooks/process/run-directory.js';
import { makePrivateDirectory } from '../../state/make-directory.js';
import { DataDirectoryInUse, DataDirectoryTooNew } from '../errors.js';
import { lockFile } from './kernel-lock.js';
import { UNPACKED } from './unpacked.js';

const MARKER = 'layout.v1';

/** Where the agent keeps what on its machine (DESIGN §5). All paths are absolute. */
export interface DataDirectory {
  readonly root: string;
  readonly journal: string;
  /** Verified bundles by sha256, shared by all units. */
  readonly cache: string;
  readonly units: string;
  /** One directory per running hook. */
  readonly runs: string;
  /** The hook tools, for hooks' PATH. */
  readonly tools: string;
  readonly socket: string;
  /** The saved coordinator session, mode 0600. */
  readonly session: string;
  /** How far each unit's log was gathered. */
  readonly logMarks: string;
  /** Of the tmux server whose windows hooks are debugged in; the CLI starts it. */
  readonly debugSocket: string;
}

/**
 * Makes the data directory ready and claims it for this process.
 * @returns the claim, and the paths
 * @throws DataDirectoryTooNew, DataDirectoryInUse
 */
export async function claimDataDirectory(
  root: string,
): Promise<Claim & { readonly directory: DataDirectory }> {
  const directory: DataDirectory = {
    root,
    journal: join(root, 'journal'),
    cache: join(root, 'cache'),
    units: join(root, 'units'),
    runs: join(root, 'runs'),
    tools: join(root, 'tools'),
    socket: join(root, 'agent.sock'),
    session: join(root, 'session'),
    logMarks: join(root, 'log-marks.json'),
    debugSocket: join(root, 'debug.sock'),
  };
  makePrivateDirectory(root);
  const newer = (await readdir(root)).find((name) => /^layout\.v\d+$/.test(name) && name !== MARKER);
  if (newer !== undefined) throw new DataDirectoryTooNew(root, newer);
  const claimed = await claim(root);
  for (const path of [directory.journal, directory.cache, directory.units, directory.runs]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  for (const name of await readdir(directory.cache)) {
    if (name.includes(UNPACKED)) await rm(join(directory.cache, name), { recursive: true, force: true });
  }
  // Last, so that a directory with the marker is complete.
  await writeFile(join(root, MARKER), '', { mode: 0o600 });
  return { directory, ...claimed };
}

/** A claim on the directory. */
interface Claim {
  /** Gives it back. */
  readonly release: () => Promise<void>;
  /** The agent before this one died with its own. */
  readonly afterDeath: boolean;
  /** False where the system has nothing to lock a file with: two that start in the same instant may both get it. */
  readonly locked: boolean;
}

/**
 * The claim is a lock of the kernel. The file beside it says whose it is: by pid, start time and boot, so that one that
 * was left behind is recognised even when its pid has been given to somebody else. Release 0.1.0 knows that file only.
 */
async function claim(root: string): Promise<Claim> {
  const file = join(root, 'agent.pid');
  const lock = await lockFile(join(root, 'agent.lock'));
  if (lock.kind === 'taken') throw new DataDirectoryInUse(root, (await holderOf(file)).pid);
  const unlock = lock.kind === 'held' ? lock.release : (): void => undefined;
  try {
    const afterDeath = await writeClaim(root, file);
    return {
      afterDeath,
      locked: lock.kind === 'held',
      release: async () => {
        await unlink(file).catch(() => undefined);
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** @returns whether a claim was there of a process that is gone @throws DataDirectoryInUse */
async function writeClaim(root: string, file: string): Promise<boolean> {
  const aside = `${file}.${randomUUID()}`;
  const mine = `${process.pid} ${findProcess(process.pid)?.startTime} ${bootId()}\n`;
  await writeFile(aside, mine, { mode: 0o600 });
  let afterDeath = false;
  try {
    for (;;) {
      try {
        // A link comes into being with its content: nobody ever reads half a claim.
        await link(aside, file);
        return afterDeath;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const { pid, text } = await holderOf(file);
      if (pid !== undefined) throw new DataDirectoryInUse(root, pid);
      afterDeath ||= text !== '';
      await unlink(file).catch(() => undefined);
    }
  } finally {
    await rm(aside, { force: true });
  }
}

/** The living process of this machine that a claim names, if it does. */
async function holderOf(file: string): Promise<{ readonly pid: number | undefined; readonly text: string }> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  const [pid, startTime, boot = bootId()] = text.split(' ');
  const lives =
    startTime !== undefined && boot === bootId() && findProcess(Number(pid))?.startTime === startTime;
  return { pid: lives ? Number(pid) : undefined, text };
}

/** Removes the runs of hooks that no unit's journal names: their ends have been dealt with. */
export async function pruneRuns(directory: DataDirectory, journalled: ReadonlySet<string>): Promise<void> {
  for (const run of await readdir(directory.runs)) {
    if (!journalled.has(run)) await removeRun(join(directory.runs, run));
  }
}
