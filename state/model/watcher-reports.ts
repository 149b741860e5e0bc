import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeNotFound, VersionConflict } from '../coordination/errors.js';
import { unlessGone } from '../coordination/unless-gone.js';
import * as z from '../platform/zod.js';
import { type Entity, nodeValue, type Problem, parseSound, readSound } from './entity.js';
import { paths } from './paths.js';
import {
  boundedLog,
  boundedReport,
  isSameAgain,
  lastOf,
  type ReportLimits,
  reportsToPrune,
  type WatcherReport,
  watcherReportSchema,
} from './watcher-report.js';

const logSchema = z.looseObject({ text: z.string() });

/** What a write of the watcher names: the guard of its leadership, by which one that was deposed writes nothing. */
export interface WatcherWrite {
  readonly coordinator: Coordinator;
  readonly guard?: Operation | undefined;
}

const guarded = ({ guard }: WatcherWrite, operations: readonly Operation[]): readonly Operation[] =>
  guard === undefined ? operations : [guard, ...operations];

/**
 * Keeps a report, with its log where there is one. Where it tells the very same as `before`, the last one of its subject,
 * that one counts it instead: what fails the whole night is one line, which hides no other.
 * @returns the report as it stands, by which the next one is compared
 * @throws VersionConflict where another watcher leads by now
 */
export async function keepReport(
  write: WatcherWrite,
  report: WatcherReport,
  log?: string,
  before?: WatcherReport,
): Promise<WatcherReport> {
  const { coordinator } = write;
  const bounded = boundedReport(report);
  if (before !== undefined && isSameAgain(before, bounded)) {
    const again = { ...before, times: (before.times ?? 1) + 1, last: bounded.at };
    if (await replaced(write, again)) return again;
  }
  const path = paths.watcherReport(bounded.id);
  await coordinator.transaction(
    guarded(write, [
      { kind: 'create', path, value: nodeValue(bounded) },
      ...(log === undefined || log === ''
        ? []
        : [
            {
              kind: 'create',
              path: paths.watcherReportLog(bounded.id),
              value: nodeValue({ text: boundedLog(log) }),
            } as const,
          ]),
    ]),
  );
  return bounded;
}

/** @returns false where it is gone, so that it counts nothing any more */
async function replaced(write: WatcherWrite, report: WatcherReport): Promise<boolean> {
  const path = paths.watcherReport(report.id);
  try {
    await write.coordinator.transaction(guarded(write, [{ kind: 'set', path, value: nodeValue(report) }]));
    return true;
  } catch (error) {
    if (error instanceof NodeNotFound && error.path === path) return false;
    throw error;
  }
}

/** All reports that are kept, the last one last. @param problems gets those that cannot be read */
export async function readReports(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly WatcherReport[]> {
  const names = (await coordinator.children(paths.watcherReports)) ?? [];
  const places = names.map(paths.watcherReport);
  const nodes = await coordinator.getMany(places);
  return places
    .flatMap((path, index) => parseSound(path, watcherReportSchema, nodes[index], problems) ?? [])
    .map(({ value }: Entity<WatcherReport>) => value)
    .sort((a, b) => lastOf(a) - lastOf(b) || (a.id < b.id ? -1 : 1));
}

/** The log of a report; undefined where it has none. @param problems gets one that cannot be read */
export async function readReportLog(
  coordinator: Coordinator,
  id: string,
  problems: Problem[],
): Promise<string | undefined> {
  return (await readSound(coordinator, paths.watcherReportLog(id), logSchema, problems))?.value.text;
}

/**
 * Removes the reports that are too old or too many.
 * @param now milliseconds since 1970
 * @returns those that are left
 * @throws VersionConflict where another watcher leads by now
 */
export async function pruneReports(
  write: WatcherWrite,
  now: number,
  limits?: ReportLimits,
): Promise<readonly WatcherReport[]> {
  const { coordinator } = write;
  const [reports, services = []] = await Promise.all([
    readReports(coordinator, []),
    coordinator.children(paths.services),
  ]);
  const going = new Set(reportsToPrune(reports, new Set(services), now, limits));
  for (const { id } of going) await removeReport(write, id);
  return reports.filter((report) => !going.has(report));
}

async function removeReport(write: WatcherWrite, id: string): Promise<void> {
  const { coordinator } = write;
  const log = paths.watcherReportLog(id);
  const hasLog = (await coordinator.get(log)) !== undefined;
  await unlessGone(() =>
    coordinator.transaction(
      guarded(write, [
        ...(hasLog ? [{ kind: 'remove', path: log } as const] : []),
        { kind: 'remove', path: paths.watcherReport(id) },
      ]),
    ),
  );
}

/** True of a write that was refused since another watcher leads. */
export function isDeposed(error: unknown, guard: Operation | undefined): boolean {
  return error instanceof VersionConflict && error.path === guard?.path;
}
