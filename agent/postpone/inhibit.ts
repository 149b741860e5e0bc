import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { replaceFile } from '../disk/replace-file.js';
import { busyDirectory } from './leases.js';

/**
 * The word in the inhibit mark of a unit. `pending`: an upgrade waits and the formula wants no new work meanwhile.
 * `upgrade`: the formula is being exchanged.
 */
type InhibitHint = 'pending' | 'upgrade';

/** The subject of the mark: formula ids, and an ISO instant. */
interface Inhibit {
  readonly hint: InhibitHint;
  readonly from: string;
  readonly to: string;
  readonly since: string;
}

/**
 * The mark by which new leases of a unit wait: `units/<unit>/inhibit`.
 *
 * Who takes a lease writes that first and looks for the mark then; the agent writes the mark first and looks for leases
 * then. So at least one of the two sees the other, and gives way: no lock is needed, and none can be left behind.
 */
function inhibitFile(root: string): string {
  return join(root, 'inhibit');
}

/**
 * Sets the mark. It is flushed to the disk where the unit ever had a lease, so that it stands after a power cut too; where it
 * never had one, nobody looks for it after a reboot, and an upgrade does not wait for the disk.
 */
export async function inhibit(root: string, mark: Inhibit): Promise<void> {
  const file = inhibitFile(root);
  const text = `${JSON.stringify(mark)}\n`;
  if (!existsSync(busyDirectory(root))) writeFileSync(file, text, { mode: 0o600 });
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
    await betweenFaults('pausing.inhibit', () => replaceFile(file, text));
}

/** Takes the mark off before the new formula runs anything. Where no lease was ever taken, nobody waits for it. */
export async function liftBeforeHook(root: string): Promise<void> {
  if (existsSync(busyDirectory(root))) await betweenFaults('hook.lift', async () => lift(root));
  else lift(root);
}

/** Takes the mark off, if it stands: leases that wait go on. */
export function lift(root: string): void {
  const file = inhibitFile(root);
  if (existsSync(file)) unlinkSync(file);
}
