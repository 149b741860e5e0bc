import type { ShownReport } from '../../control/watching/read-reports.js';
import { lastOf } from '../../state/model/watcher-report.js';
import { printable, printableLine } from '../../state/platform/printable.js';
import { formatDuration } from '../output/durations.js';
import { renderTable } from '../output/table.js';

const HEAD = ['TIME', 'REPORT', 'ON', 'OUTCOME', 'FAULT', 'TIMES', 'TOOK', 'WHAT'];

/** A table of reports; the last column says what went wrong, or what was done. */
export function reportsLines(reports: readonly ShownReport[], columns: number): readonly string[] {
  return renderTable([HEAD, ...reports.map(rowOf)], columns, [5, 6, 4]);
}

function rowOf(report: ShownReport): readonly string[] {
  return [
    instant(lastOf(report)),
    printable(report.id),
    printable(subjectOf(report)),
    printable(report.outcome),
    printable(report.fault ?? '-'),
    String(report.times ?? 1),
    formatDuration(report.ms),
    printable(report.error ?? report.did),
  ];
}

/** Whom it is about. */
function subjectOf({ service, repository, earlierLife, ofRepository }: ShownReport): string {
  if (ofRepository === true) return `its repository ${repository}`;
  if (service === undefined) return repository ?? '-';
  return earlierLife === true ? `${service} (an earlier one)` : service;
}

/** All that is known of one report, a line for each thing. */
export function reportLines(report: ShownReport, hasLog: boolean): readonly string[] {
  const { times = 1 } = report;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['report', report.id],
    ['began', instant(Date.parse(report.at))],
    ['took', formatDuration(report.ms)],
    ['environment', report.environment],
    ['service', report.service && subjectOf(report)],
    ['repository', report.repository],
    ['asked', report.asked],
    ['found', report.found],
    ['did', report.did],
    ['outcome', report.outcome],
    ['fault', report.fault],
    ['error', report.error],
    ['announced as', report.fingerprint],
    ['again', times > 1 ? `${times} times in a row, last at ${instant(lastOf(report))}` : undefined],
    ['log', hasLog ? `ensemble watcher report --log ${report.id}` : undefined],
  ];
  const shown = rows.flatMap(([name, text]) =>
    text === undefined || text === '' ? [] : [[name, text] as const],
  );
  const width = Math.max(...shown.map(([name]) => name.length)) + 2;
  return shown.map(([name, text]) => `${name.padEnd(width)}${printable(text)}`);
}

/** The lines of a report's log, as they may go to a terminal. */
export function logLines(log: string): readonly string[] {
  return log.replace(/\n$/, '').split('\n').map(printableLine);
}

function instant(at: number): string {
  return Number.isNaN(at) ? '-' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
