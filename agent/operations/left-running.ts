import { type LeftRunning, togetherFinding } from '../../hooks/process/left-running.js';
import { pause } from '../../state/platform/clock.js';
import type { Uses } from '../machine/parts.js';
import { type UnitWithLog, warnInLog } from './say-in-log.js';

/** Milliseconds in which what `stop` told to end may end. */
const ENDING = 2_000;

/** All units that are removed at once have one look done. */
const findLeftRunning = togetherFinding();

/** Processes that are named. */
export const MOST_NAMED = 10;

/**
 * The processes that a unit leaves running when it is removed, which are named in the agent's log and in the unit's own,
 * with the command that ends them: they may be meant to run on, so nothing is killed. May be done again.
 */
export async function nameLeftRunning(unit: UnitWithLog & Uses<'machine'>): Promise<readonly LeftRunning[]> {
  const { clock, log, machine } = unit.parts;
  const find = async (): Promise<readonly LeftRunning[]> => {
    try {
      return await findLeftRunning({
        entry: `ENSEMBLE_DATA_DIR=${unit.directory.data}`,
        root: unit.directory.root,
      });
    } catch (error) {
      log.debug('it is not known what the unit left running', { unit: unit.name, error });
      return [];
    }
  };
  const first = await find();
  if (first.length === 0) return [];
  await pause(clock, ENDING);
  const left = await find();
  if (left.length === 0) return [];
  const message = `${sayLeftRunning(left)}; on ${machine}, to end that: kill ${left.map(({ pid }) => pid).join(' ')}`;
  log.warning(message, { unit: unit.name });
  await warnInLog(unit, 'remove', message);
  return left;
}

/** `it leaves running: 4711 node server.mjs, 4712 sleep`. */
export function sayLeftRunning(left: readonly LeftRunning[]): string {
  const named = left.slice(0, MOST_NAMED).map(({ pid, command }) => `${pid} ${command}`);
  const others = left.length - named.length;
  return `it leaves running: ${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
