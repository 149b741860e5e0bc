import * as z from '../platform/zod.js';
import { incarnationField } from './incarnation.js';

/** `/watcher/reports/<id>`: what a pass of the watcher was asked, what it found and what it did. */
export const watcherReportSchema = z.looseObject({
  id: z.string(),
  /** When it began, an ISO instant. */
  at: z.string(),
  /** How long it took, in milliseconds. */
  ms: z.number(),
  environment: z.string(),
  /** Absent where it is about a repository, and no one service. */
  service: z.optional(z.string()),
  /** The life of the service: a name may be used again. */
  ...incarnationField,
  repository: z.optional(z.string()),
  asked: z.string(),
  found: z.string(),
  did: z.string(),
  /** `done`, `failed`, or `deferred`: it waits for something; or a word of a later release. A pass that did nothing leaves no report. */
  outcome: z.string(),
  /** Whose fault a failure is: `formula`, `dependency` (a thing it needs), `infrastructure`; or a word of a later release. */
  fault: z.optional(z.string()),
  error: z.optional(z.string()),
  /** The id of the announcement that it led to. */
  fingerprint: z.optional(z.string()),
  /** How many passes in a row came to the very same; absent for one. */
  times: z.optional(z.int()),
  /** When the last of these began, an ISO instant; absent for one. */
  last: z.optional(z.string()),
});

export type WatcherReport = z.infer<typeof watcherReportSchema>;

/** Characters of each text of a report: with all of them its node stays far below what a coordinator takes. */
const MOST_TEXT = 2_000;

/** Characters of a log that are kept of its beginning and of its end. */
const LOG = { beginning: 16_000, end: 48_000 } as const;

/** A report as it is kept: texts that are too long are cut, and no URL has a password. */
export function boundedReport(report: WatcherReport): WatcherReport {
  return Object.fromEntries(
    Object.entries(report).map(([key, value]) => [
      key,
      typeof value === 'string' ? cut(withoutPasswords(value)) : value,
    ]),
  ) as WatcherReport;
}

/** A log as it is kept: its beginning and its end, without passwords in URLs. */
export function boundedLog(log: string): string {
  const text = withoutPasswords(log);
  const left = text.length - LOG.beginning - LOG.end;
  if (left <= 0) return text;
  return `${text.slice(0, LOG.beginning)}\n… ${left} characters are left out …\n${text.slice(-LOG.end)}`;
}

/** A text whose URLs say nobody's name and password. */
export function withoutPasswords(text: string): string {
  return text.replace(/(?<=\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,500}@/gi, '');
}

function cut(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

/** When the last pass began that a report tells of, in milliseconds since 1970. */
export function lastOf({ at, last }: Pick<WatcherReport, 'at' | 'last'>): number {
  return Date.parse(last ?? at);
}

/** True if two passes came to the very same, so that the second is told by the report of the first. */
export function isSameAgain(before: WatcherReport, after: WatcherReport): boolean {
  return SAME.every((key) => before[key] === after[key]) && REPEATED.includes(after.outcome);
}

const SAME = [
  'environment',
  'service',
  'incarnation',
  'repository',
  'asked',
  'found',
  'did',
  'outcome',
  'error',
] as const;

/** Something that was done is told each time. */
const REPEATED: readonly string[] = ['failed', 'deferred'];

/** How long and how many reports are kept. */
export interface ReportLimits {
  /** Milliseconds since the last pass that one tells of. */
  readonly age: number;
  readonly count: number;
}

const reportLimits: ReportLimits = { age: 14 * 86_400_000, count: 500 };

/**
 * The reports that go: those that are too old, and the oldest of too many. The last success and the last failure of each
 * service stay, however old they are.
 * @param services those there are: what was last of one that is gone goes as all others do
 * @param now milliseconds since 1970
 */
export function reportsToPrune<Kept extends Pick<WatcherReport, 'at' | 'last' | 'service' | 'outcome'>>(
  reports: readonly Kept[],
  services: ReadonlySet<string>,
  now: number,
  { age, count }: ReportLimits = reportLimits,
): readonly Kept[] {
  const newestFirst = reports.toSorted((a, b) => lastOf(b) - lastOf(a));
  const seen = new Set<string>();
  return newestFirst.filter((report, index) => {
    const { service, outcome } = report;
    const isEnd = outcome === 'done' || outcome === 'failed';
    if (isEnd && service !== undefined && services.has(service)) {
      const key = `${outcome} ${service}`;
      if (!seen.has(key)) {
        seen.add(key);
        return false;
      }
    }
    return index >= count || !(lastOf(report) > now - age);
  });
}
