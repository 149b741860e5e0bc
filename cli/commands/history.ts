import { systemClock } from '../../state/platform/clock.js';
import type { Problem } from '../../state/model/entity.js';
import { type HistoryOf, readHistory } from '../../control/history/read-history.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import type { Moment } from '../arguments/moment.js';
import { formatDuration } from '../output/durations.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { withSession } from '../invocation/session.js';

export interface HistoryOptions {
  readonly since?: Moment;
  readonly until?: Moment;
  readonly by?: string;
  readonly what?: readonly string[];
  readonly lines?: number;
  readonly format: Format;
}

/** Prints what was asked of services and units and what came of it, the last thing last. */
export async function history(
  subject: string | undefined,
  { since, until, lines, format, ...choice }: HistoryOptions,
  { output, ...invocation }: Invocation,
): Promise<ExitCode> {
  if (since !== undefined && until !== undefined && since.first > until.last)
    throw invocation.misuse('--since is later than --until');
  return withSession<ExitCode>({ output, ...invocation }, async (session) => {
    const problems: Problem[] = [];
    const period = { since: since?.first, until: until?.last };
    const request = { subject, ...period, ...choice, now: systemClock.now() };
    const { entries, all } = await readHistory(session, request, problems);
    for (const { path, reason } of problems)
      output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
    const shown = entries.slice(lines === undefined ? 0 : -lines);
    await printData(output, format, shown.map(document), (columns) =>
      shown.length === 0 ? [noneOf(all, subject)] : renderTable([HEAD, ...shown.map(rowOf)], columns),
    );
    return 0;
  });
}

function noneOf(others: number, subject: string | undefined): string {
  if (others === 0) return 'nothing is on record';
  const command = ['ensemble history', ...(subject === undefined ? [] : [subject])].join(' ');
  return `nothing of that is on record; all that is: ${command}`;
}

const HEAD = ['TIME', 'ON', 'WHAT', 'OUTCOME', 'TOOK', 'BY', 'FROM', 'TO', 'MESSAGE'];

/** Without what is of use to the record only. */
function document(entry: HistoryOf): unknown {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !INTERNAL.includes(key)));
}

const INTERNAL: readonly string[] = ['id', 'order', 'after'];

function rowOf(entry: HistoryOf): readonly string[] {
  return [
    entry.at.replace(/\.\d+Z$/, 'Z'),
    entry.unit ?? entry.service ?? '-',
    printable(entry.what),
    printable(entry.outcome),
    entry.took === undefined ? '-' : formatDuration(entry.took),
    printable(entry.by ?? '-'),
    printable(entry.from ?? '-'),
    printable(entry.to ?? '-'),
    printable(entry.message ?? ''),
  ];
}
