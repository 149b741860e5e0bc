import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bootId } from '../../hooks/process/hook-run.js';
import { findProcess, isSuspended, type ProcessStat } from '../../state/platform/process-stat.js';
import { removeRun } from '../../hooks/process/run-directory.js';
import { makePrivateDirectory } from '../../state/platform/make-directory.js';
import { markNew } from '../../state/layouts/marker.js';
import { requireDataLayout } from '../../state/layouts/require-layout.js';
import { DataDirectoryInUse } from '../contract/errors.js';
import { lockFile } from '../../state/platform/kernel-lock.js';
import { placeOf } from './remembered-machine.js';
import { UNPACKED } from './bundle-cache.js';

/** The file that the claim locks. */
const LOCK = 'agent.lock';

/** Where the agent keeps what on its machine: docs/agents.md, “What it keeps on the disk”. All paths are absolute. */
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
  /** The socket of the tmux server whose windows hooks are debugged in; the CLI starts it. */
  readonly debugSocket: string;
}

/**
 * Makes the data directory ready and claims it for this process. One of an older layout is changed first, by
 * `ensemble-migrate`; where something in it was left as it is, `left` says so in sentences.
 * @param machine whose it is
 * @returns the claim, and the paths
 * @throws DataDirectoryTooNew, DataDirectoryInUse, LayoutNotChanged, MigratorMissing
 */
export async function claimDataDirectory(
  root: string,
  machine: string,
): Promise<Claim & { readonly directory: DataDirectory; readonly left: readonly string[] }> {
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
  const layout = await requireDataLayout(root, machine, LOCK, (pid) =>
    inUseBy(root, pid === undefined ? undefined : findProcess(pid)),
  );
  makePrivateDirectory(root);
  const claimed = await claim(root);
  for (const path of [directory.journal, directory.cache, directory.units, directory.runs]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  for (const name of await readdir(directory.cache)) {
    if (name.includes(UNPACKED)) await rm(join(directory.cache, name), { recursive: true, force: true });
  }
  // Last, so that a directory with the marker is complete.
  if (layout === 'new') markNew(root);
  return { directory, left: layout === 'new' ? [] : layout, ...claimed };
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
 * was left behind is recognised even when its pid has been given to somebody else, and by the directory's place, so
 * that one that was copied with the directory is nobody's.
 */
async function claim(root: string): Promise<Claim> {
  const file = join(root, 'agent.pid');
  const lock = await lockFile(join(root, LOCK));
  if (lock.kind === 'taken') throw await inUse(root, file);
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
  const mine = `${process.pid} ${findProcess(process.pid)?.startTime} ${bootId()} ${placeOf(root, bootId())}\n`;
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
      const { holder, text, isOfCopied } = await holderOf(root, file);
      if (holder !== undefined) throw await inUse(root, file);
      afterDeath ||= text !== '' && !isOfCopied;
      await unlink(file).catch(() => undefined);
    }
  } finally {
    await rm(aside, { force: true });
  }
}

async function inUse(root: string, file: string): Promise<DataDirectoryInUse> {
  return inUseBy(root, (await holderOf(root, file)).holder);
}

function inUseBy(directory: string, holder: ProcessStat | undefined): DataDirectoryInUse {
  const suspended = holder !== undefined && isSuspended(holder);
  return new DataDirectoryInUse({ directory, pid: holder?.pid, isSuspended: suspended });
}

/** Whom a claim names. */
interface Holder {
  /** The process, where it is of this machine, lives, and works in this very directory. */
  readonly holder: ProcessStat | undefined;
  readonly text: string;
  /** It lives, and works in the directory that this one was copied from. */
  readonly isOfCopied: boolean;
}

async function holderOf(root: string, file: string): Promise<Holder> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  const here = placeOf(root, bootId());
  const [pid, startTime, boot, place] = text.split(' ');
  const found = boot === bootId() ? findProcess(Number(pid)) : undefined;
  const lives = startTime !== undefined && found?.startTime === startTime;
  return { holder: lives && place === here ? found : undefined, text, isOfCopied: lives && place !== here };
}

/** Removes the runs of hooks that no unit's journal names: their ends have been dealt with. */
export async function pruneRuns(directory: DataDirectory, journalled: ReadonlySet<string>): Promise<void> {
  for (const run of await readdir(directory.runs)) {
    if (!journalled.has(run)) await removeRun(join(directory.runs, run));
  }
}
