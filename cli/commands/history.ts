import type { Problem } from '../../state/model/entity.js';
import { readServiceHistory, servicesWithHistory } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { requireService } from '../../state/model/services.js';
import { requireUnit } from '../../state/model/units.js';
import type { ExitCode, Invocation } from '../invocation.js';
import { formatDuration } from '../output/durations.js';
import { type Format, printData } from '../output/output.js';
import { printable } from '../../state/platform/printable.js';
import { renderTable } from '../output/table.js';
import type { Session } from '../../control/session.js';
import { withSession } from '../session.js';

export interface HistoryOptions {
  readonly lines?: number;
  readonly format: Format;
}

/** Prints what was asked of services and units and what came of it, the last thing last. */
export async function history(
  subject: string | undefined,
  { lines, format }: HistoryOptions,
  { output, ...invocation }: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>({ output, ...invocation }, async (session) => {
    const problems: Problem[] = [];
    const all = await entriesOf(session, subject, problems);
    for (const { path, reason } of problems)
      output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
    const shown = all.slice(lines === undefined ? 0 : -lines);
    await printData(output, format, shown.map(document), (columns) =>
      shown.length === 0 ? ['nothing is on record'] : renderTable([HEAD, ...shown.map(rowOf)], columns),
    );
    return 0;
  });
}

const HEAD = ['TIME', 'ON', 'WHAT', 'OUTCOME', 'TOOK', 'BY', 'FROM', 'TO', 'MESSAGE'];

type Shown = HistoryEntry & { readonly service: string };

async function entriesOf(
  { coordinator }: Session,
  subject: string | undefined,
  problems: Problem[],
): Promise<readonly Shown[]> {
  const of = async (service: string, unit?: string): Promise<readonly Shown[]> =>
    (await readServiceHistory(coordinator, service, unit, problems)).map((entry) => ({ ...entry, service }));
  if (subject === undefined) {
    const services = await servicesWithHistory(coordinator);
    const all = await Promise.all(services.map((service) => of(service)));
    return withoutTwins(all.flat()).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
  const isUnit = subject.includes('/');
  const entries = await (isUnit ? of(serviceOfUnit(subject), subject) : of(subject));
  // What is gone has a history; what never was has none, and is a mistake.
  if (entries.length === 0 && problems.length === 0)
    await (isUnit ? requireUnit(coordinator, subject) : requireService(coordinator, subject));
  return entries;
}

/** What was asked of two services, such as to be related, is on record with both. */
function withoutTwins(entries: readonly Shown[]): Shown[] {
  const seen = new Set<string>();
  return entries.filter(({ id, unit }) => unit !== undefined || (!seen.has(id) && seen.add(id)));
}

/** Without what is of use to the record only. */
function document(entry: Shown): unknown {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => key !== 'id'));
}

function rowOf(entry: Shown): readonly string[] {
  return [
    entry.at.replace(/\.\d+Z$/, 'Z'),
    entry.unit ?? entry.service,
    printable(entry.what),
    printable(entry.outcome),
    entry.took === undefined ? '-' : formatDuration(entry.took),
    printable(entry.by ?? '-'),
    printable(entry.from ?? '-'),
    printable(entry.to ?? '-'),
    printable(entry.message ?? ''),
  ];
}
