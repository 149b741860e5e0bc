import { appendFile } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { hookLog } from '../hook-runs/hook-source.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import type { Uses } from '../machine/parts.js';

/** A unit with a log of its own. */
export interface UnitWithLog extends Uses<'clock' | 'log' | 'logs'> {
  readonly name: string;
  readonly directory: UnitDirectory;
}

/**
 * Says something of a unit in its own log, where `ensemble debug-log` shows it, as a warning.
 * @param during what stands in the place of the hook's name
 */
export async function warnInLog(unit: UnitWithLog, during: string, message: string): Promise<void> {
  const { clock, log, logs } = unit.parts;
  const file = hookLog(unit.directory);
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    // Without a log no hook of it ever ran.
    if (size === undefined) return;
    logs.began(unit.name, file, during, size);
    await appendFile(file, `${new Date(clock.now()).toISOString()} WARNING ${message}\n`);
  } catch (error) {
    // Only a notice: the agent's own log has it too.
    log.debug('the unit’s log does not have it', { unit: unit.name, error });
  }
}
