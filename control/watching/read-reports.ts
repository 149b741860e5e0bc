import type { Problem } from '../../state/model/entity.js';
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

/**
 * The chosen reports of the watcher, the last one last, and how many there are without the choice.
 * @param problems gets those that cannot be read
 * @throws ServiceNotFound for a service that has no report and is not there
 */
export async function chosenReports(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, failed = false, since }: ReportsRequest,
  problems: Problem[],
): Promise<{ readonly reports: readonly WatcherReport[]; readonly all: number }> {
  const all = await readReports(coordinator, problems);
  const ofService = all.filter((report) => service === undefined || report.service === service);
  if (service !== undefined && ofService.length === 0) await requireService(coordinator, service);
  const reports = ofService
    .filter(({ outcome }) => !failed || outcome === 'failed')
    .filter((report) => since === undefined || lastOf(report) >= since);
  return { reports, all: all.length };
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
): Promise<{ readonly report: WatcherReport; readonly log: string | undefined }> {
  const all = await readReports(coordinator, problems);
  const alike = all.filter((report) => report.id.startsWith(id));
  const report = all.find((each) => each.id === id) ?? (alike.length === 1 ? alike[0] : undefined);
  if (report === undefined) throw new ReportNotFound({ report: id, alike: alike.map((each) => each.id) });
  return { report, log: await readReportLog(coordinator, report.id, problems) };
}
