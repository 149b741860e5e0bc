import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseSound, type Problem } from '../../state/model/entity.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { isOfLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { lastOf, type WatcherReport } from '../../state/model/watcher-report.js';
import { readReportLog, readReports } from '../../state/model/watcher-reports.js';
import { requireService } from '../../state/model/services.js';
import type { Session } from '../session.js';
import { ReportNotFound } from './errors.js';

/** Which reports are wanted; all of them where nothing is said. */
export interface ReportsRequest {
  readonly service?: string | undefined;
  /** Only failures. */
  readonly failed?: boolean | undefined;
  /** Milliseconds since 1970: those whose last pass was not before. */
  readonly since?: number | undefined;
}

/** A report as it is shown. */
export type ShownReport = WatcherReport & {
  /** It is about an earlier service of that name. */
  readonly earlierLife?: true;
  /** It is about the repository of the service that was asked for: what fails for all that came from there is reported once. */
  readonly ofRepository?: true;
};

/**
 * The chosen reports of the watcher, the last one last, and how many there are without the choice.
 * @param problems gets those that cannot be read
 * @throws ServiceNotFound for a service that has no report and is not there
 */
export async function chosenReports(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, failed = false, since }: ReportsRequest,
  problems: Problem[],
): Promise<{ readonly reports: readonly ShownReport[]; readonly all: number }> {
  const all = await readReports(coordinator, problems);
  const ofService = service === undefined ? all : await reportsOf(coordinator, service, all);
  const reports = ofService
    .filter(({ outcome }) => !failed || outcome === 'failed')
    .filter((report) => since === undefined || lastOf(report) >= since);
  return { reports: await withLives(coordinator, reports), all: all.length };
}

/** Those of a service, and the failures of the repository that it comes from. @throws ServiceNotFound */
async function reportsOf(
  coordinator: Coordinator,
  name: string,
  all: readonly WatcherReport[],
): Promise<readonly ShownReport[]> {
  const isOwn = ({ service }: WatcherReport): boolean => service === name;
  const path = paths.service(name);
  const standing = parseSound(path, serviceSchema, await coordinator.get(path), [])?.value;
  if (standing === undefined && !all.some(isOwn)) await requireService(coordinator, name);
  const place = standing && safePlaceOf(standing.repository.path);
  return all.flatMap((report): readonly ShownReport[] => {
    if (isOwn(report)) return [report];
    const { service, repository, outcome } = report;
    const isOfRepository = service === undefined && repository !== undefined && outcome === 'failed';
    return isOfRepository && safePlaceOf(repository) === place ? [{ ...report, ofRepository: true }] : [];
  });
}

/**
 * One report by its id, or by how that begins, and its log where it has one.
 * @param problems gets what cannot be read
 * @throws ReportNotFound
 */
export async function requireReport(
  { coordinator }: Pick<Session, 'coordinator'>,
  id: string,
  problems: Problem[],
): Promise<{ readonly report: ShownReport; readonly log: string | undefined }> {
  const all = await readReports(coordinator, problems);
  const alike = all.filter((report) => report.id.startsWith(id));
  const report = all.find((each) => each.id === id) ?? (alike.length === 1 ? alike[0] : undefined);
  if (report === undefined) throw new ReportNotFound({ report: id, alike: alike.map((each) => each.id) });
  const [shown = report] = await withLives(coordinator, [report]);
  return { report: shown, log: await readReportLog(coordinator, report.id, problems) };
}

/** Tells those that are about an earlier service of a name that is there again. One that is gone is the last of its name. */
async function withLives(
  coordinator: Coordinator,
  reports: readonly ShownReport[],
): Promise<readonly ShownReport[]> {
  const names = [...new Set(reports.flatMap(({ service }) => service ?? []))];
  const all = names.map(paths.service);
  const nodes = await coordinator.getMany(all);
  const present = new Map(
    names.map((name, index) => [name, parseSound(all[index] ?? '', serviceSchema, nodes[index], [])?.value]),
  );
  return reports.map((report) => {
    const now = present.get(report.service ?? '');
    // Reports of earlier releases do not tell whose they are.
    const isEarlier =
      now !== undefined && report.incarnation !== undefined && !isOfLife(report.incarnation, now);
    return isEarlier ? { ...report, earlierLife: true } : report;
  });
}

/** What cannot be read as a place is one of its own. */
function safePlaceOf(location: string): string {
  try {
    return placeOf(location);
  } catch {
    return location;
  }
}
