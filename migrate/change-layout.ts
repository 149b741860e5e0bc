import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DISK_LAYOUT, markerOf } from '../state/layouts/marker.js';
import type { DirectoryReport, Problem } from '../state/layouts/report.js';
import { betweenFaults } from '../state/platform/fault-points.js';
import { backUp } from './backup.js';
import { type Blocked, blockedBy } from './blocked-by.js';
import { detect, type Found, type Kind } from './detect.js';
import { withLocks } from './locks.js';
import { flush, replace } from './contract/replace.js';
import { type Item, ItemBroken, type Step, type Subject } from './contract/step.js';
import { requireNoAgent } from './to-v2/claim.js';
import { dataToV2 } from './to-v2/data.js';
import { homeToV2 } from './to-v2/home.js';

/** The steps of each kind of directory, the oldest first. There is one for each layout after the first. */
const STEPS: Readonly<Record<Kind, readonly Step[]>> = { home: [homeToV2], data: [dataToV2] };

/** What shall be done with a directory. */
export interface Wanted extends Subject {
  readonly kind: Kind;
  /** Only look. */
  readonly dryRun: boolean;
  /** False leaves a directory that is not there as it is. */
  readonly create: boolean;
  /** Copies the directory into this one before it is changed. */
  readonly backup?: string | undefined;
  /** Called while another process has the lock. */
  readonly waiting: () => void;
}

/** Brings a directory to this release's layout, or finds out what that would do. Tells by its report, and throws nothing. */
export async function changeLayout(wanted: Wanted): Promise<DirectoryReport> {
  const { directory, kind, dryRun } = wanted;
  const report = { directory, kind, changes: [], problems: [] };
  let found: Found = { is: 'legacy' };
  try {
    found = detect(kind, namesIn(directory));
    const ended = settled(found, wanted);
    if (ended !== undefined) return { ...report, ...ended };
    if (dryRun) return { ...report, ...(await plan(found, wanted)) };
    // Of several, one makes it.
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined;
    return await withLocks(directory, kind, wanted.waiting, async () => {
      // Again: whoever had the lock may have done it.
      const now = detect(kind, namesIn(directory));
      return { ...report, ...(settled(now, wanted) ?? (await apply(now, wanted))), ...(made && { made }) };
    });
  } catch (error) {
    const blocked: Told = { state: 'blocked', found: nameOf(found), ...blockedBy(error, directory) };
    return { ...report, ...((await readAsItIs(error, found, wanted)) ?? blocked) };
  }
}

type Told = Omit<DirectoryReport, 'directory' | 'kind' | 'changes' | 'problems'> & Partial<DirectoryReport>;

/** How it stands where nothing is to be done, or nothing may be. */
function settled(found: Found, { create }: Wanted): Told | undefined {
  if (found.is === 'too-new')
    return {
      state: 'too-new',
      found: found.layout,
      marker: markerOf(found.layout),
      reason: `it was laid out by a newer Ensemble (${markerOf(found.layout)})`,
      remedy: 'install the newer Ensemble on this machine',
    };
  if (found.is === 'absent' && !create) return { state: 'absent', found: 'empty' };
  if (found.is === 'marked' && found.layout === DISK_LAYOUT && found.older.length === 0)
    return { state: 'current', found: found.layout };
  return undefined;
}

/** A home that is somebody else's to write, and in which nothing is to be changed, is read without its marker. */
async function readAsItIs(error: unknown, found: Found, wanted: Wanted): Promise<Told | undefined> {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (wanted.kind !== 'home' || found.is !== 'legacy' || !['EACCES', 'EPERM', 'EROFS'].includes(code))
    return undefined;
  const { changes, problems } = await walk(found, wanted, async () => undefined);
  return changes.length === 0 && problems.length === 0 ? { state: 'current', found: 'legacy' } : undefined;
}

async function plan(found: Found, wanted: Wanted): Promise<Told> {
  if (found.is === 'absent') return { state: 'absent', found: 'empty' };
  const { changes, problems, blocked } = await walk(found, wanted, async () => undefined);
  return {
    state: blocked === undefined ? 'needed' : 'blocked',
    found: nameOf(found),
    changes: counted(changes),
    problems,
    ...blocked,
  };
}

async function apply(found: Found, wanted: Wanted): Promise<Told> {
  const { directory, kind, backup } = wanted;
  if (kind === 'data') requireNoAgent(directory);
  const isNew = found.is === 'empty' || found.is === 'absent';
  const copied = backup === undefined || isNew ? undefined : await backUp(directory, backup, kind);
  const { changes, problems, blocked } = await walk(found, wanted, (item, change) =>
    betweenFaults(`migrate.${item.kind}`, change),
  );
  const told = {
    found: nameOf(found),
    changes: counted(changes),
    problems,
    ...(copied !== undefined && { backup: copied }),
  };
  if (blocked !== undefined) return { state: 'blocked', ...told, ...blocked };
  const left = problems.length === 0 ? {} : { left: problems };
  const note = `${JSON.stringify({ from: nameOf(found), ...left })}\n`;
  const isMarked = found.is === 'marked' && found.layout === DISK_LAYOUT;
  // When everything is in place, and before the older one goes: in between, both say what is true.
  if (!isMarked)
    await betweenFaults('migrate.marker', () =>
      replace(join(directory, markerOf(DISK_LAYOUT)), isNew ? '{}\n' : note),
    );
  for (const older of olderOf(found))
    await betweenFaults('migrate.older-marker', async () => {
      rmSync(join(directory, markerOf(older)), { force: true });
      flush(directory);
    });
  return { state: 'current', ...told };
}

/** Goes through everything that the steps from `found` on may have to change; what fails stops none of the others. */
async function walk(
  found: Found,
  subject: Wanted,
  act: (item: Item, change: () => Promise<void>) => Promise<void>,
): Promise<{
  readonly changes: readonly Item[];
  readonly problems: Problem[];
  readonly blocked: Blocked | undefined;
}> {
  const changes: Item[] = [];
  const problems: Problem[] = [];
  let blocked: Blocked | undefined;
  for (const step of stepsFrom(found, STEPS[subject.kind])) {
    for (const item of step.items(subject))
      try {
        const change = await item.look();
        if (change === undefined) continue;
        await act(item, change);
        changes.push(item);
      } catch (error) {
        const { reason, remedy, ...agent } = blockedBy(error, join(subject.directory, item.name));
        problems.push({ item: item.name, reason, remedy });
        if (!(error instanceof ItemBroken))
          blocked ??= { reason: `${item.name}: ${reason}`, remedy, ...agent };
      }
    // A later step stands on what this one does.
    if (blocked !== undefined) break;
  }
  return { changes, problems, blocked };
}

function stepsFrom(found: Found, steps: readonly Step[]): readonly Step[] {
  const layout = found.is === 'marked' ? found.layout : found.is === 'legacy' ? 0 : DISK_LAYOUT;
  return steps.filter(({ to }) => to > layout);
}

function namesIn(directory: string): readonly string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function olderOf(found: Found): readonly number[] {
  if (found.is !== 'marked') return [];
  return found.layout === DISK_LAYOUT ? found.older : [found.layout, ...found.older];
}

function nameOf(found: Found): DirectoryReport['found'] {
  if (found.is === 'marked' || found.is === 'too-new') return found.layout;
  return found.is === 'legacy' ? 'legacy' : 'empty';
}

function counted(items: readonly Item[]): string[] {
  return items.map(({ kind, name }) => `${kind} ${name}`);
}
