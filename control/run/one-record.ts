import { commandLine } from '../../state/model/command-line.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import { namesOf } from '../names-of.js';

/** Asks a unit, given what goes on record with that. */
export type Asking = (unit: string, ask: (entry: HistoryEntry) => Promise<string>) => Promise<string>;

/**
 * Has a command that many units are asked to run on record once: with each unit that is asked, and in the same
 * transaction, the record names those that were. One after the other, as all of them write there.
 */
export function oneRecord(by: Requester, command: readonly string[]): Asking {
  const units: string[] = [];
  let id: string | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  return (unit, ask) => {
    const asked = turn.then(async () => {
      const message = `in ${namesOf([...units, unit])}: ${commandLine(command)}`;
      const entry = requestEntry(by, { what: 'run', message });
      id ??= entry.id;
      const request = await ask({ ...entry, id });
      units.push(unit);
      return request;
    });
    turn = asked.catch(() => undefined);
    return asked;
  };
}
