import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DISK_LAYOUT, markerOf } from '../state/layouts/marker.js';
import type { DirectoryReport } from '../state/layouts/report.js';
import { betweenFaults } from '../state/platform/fault-points.js';
import { blockedBy } from './blocked-by.js';
import { flush, replace } from './contract/replace.js';
import { detect, type Kind } from './detect.js';
import { withLocks } from './locks.js';
import { requireNoAgent } from './to-v2/claim.js';
import { placeOf } from './to-v2/session.js';

/** The layout of data directories that release 0.1.0 reads. */
const BACK_TO = 1;

/** What shall be laid out again as the release before this one reads it. */
export interface Back {
  readonly directory: string;
  readonly kind: Kind;
  readonly dryRun: boolean;
  /** Called while another process has the lock. */
  readonly waiting: () => void;
}

/**
 * Lays a directory out again as release 0.1.0 reads it, with all that was done since. Of a home nothing is changed, as that
 * release looks for no marker there. May be interrupted and done again: the older marker comes first and the newer one goes
 * last, as 0.1.0 refuses a directory that has both. Throws nothing.
 */
export async function layBack({ directory, kind, dryRun, waiting }: Back): Promise<DirectoryReport> {
  const report = { directory, kind, changes: [], problems: [], found: DISK_LAYOUT };
  try {
    const found = detect(kind, existsSync(directory) ? readdirSync(directory) : undefined);
    if (found.is === 'too-new')
      return {
        ...report,
        state: 'too-new',
        found: found.layout,
        marker: markerOf(found.layout),
        reason: `it was laid out by a newer Ensemble (${markerOf(found.layout)})`,
        remedy: 'go back with the ensemble-migrate of that Ensemble',
      };
    if (found.is === 'absent') return { ...report, state: 'absent', found: 'empty' };
    // A home is read by both; what has no marker of this layout was never changed.
    if (kind === 'home' || found.is !== 'marked' || found.layout !== DISK_LAYOUT)
      return { ...report, state: 'older' };
    if (dryRun) return { ...report, state: 'needed', changes: changesOf(directory) };
    return await withLocks(directory, kind, waiting, async () => {
      requireNoAgent(directory);
      // Whoever had the lock before may have done it.
      const changes = changesOf(directory);
      await betweenFaults('migrate.older-marker', () => replace(join(directory, markerOf(BACK_TO)), ''));
      await betweenFaults('migrate.session', async () => sessionBack(directory)?.());
      await betweenFaults('migrate.marker', async () => {
        rmSync(join(directory, markerOf(DISK_LAYOUT)), { force: true });
        flush(directory);
      });
      return { ...report, state: 'older', changes };
    });
  } catch (error) {
    return { ...report, state: 'blocked', ...blockedBy(error, directory) };
  }
}

/** What is still to be done, an item a line. */
function changesOf(directory: string): string[] {
  const isMarked = existsSync(join(directory, markerOf(DISK_LAYOUT)));
  return [
    ...(sessionBack(directory) === undefined ? [] : ['session session']),
    ...(isMarked ? [`marker ${markerOf(DISK_LAYOUT)}`] : []),
  ];
}

/**
 * The saved session alone, as 0.1.0 has it; none where it cannot be read, or is that of another directory or boot: two agents
 * would throw each other out of it. @returns undefined where it is so already
 */
function sessionBack(directory: string): (() => Promise<void>) | undefined {
  const file = join(directory, 'session');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!text.startsWith('{')) return undefined;
  const { place, session } = parsed(text);
  if (session !== undefined && place === placeOf(directory)) return () => replace(file, session);
  return async () => {
    rmSync(file);
    flush(directory);
  };
}

function parsed(text: string): { readonly place?: string; readonly session?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
