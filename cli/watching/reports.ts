import { chosenReports, requireReport } from '../../control/watching/read-reports.js';
import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { type Output, printData } from '../output/output.js';
import { logLines, reportLines, reportsLines } from './report-lines.js';

/** Shows what the watcher did and what failed, the last thing last. */
export async function showReports({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const { service, failed, since, format } = options;
  const problems: Problem[] = [];
  const chosen = { service, failed, since: since?.first };
  const { reports, all } = await chosenReports(session, chosen, problems);
  warnOf(problems, output);
  await printData(output, format, { reports }, (columns) => {
    if (reports.length > 0) return reportsLines(reports, columns);
    return [
      all === 0
        ? 'the watcher has reported nothing yet'
        : 'no report is like that; all that are kept: ensemble watcher reports',
    ];
  });
  return 0;
}

/** Shows one report, or its log. */
export async function showReport({
  session,
  subject = '',
  options,
  invocation,
}: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const { report, log } = await requireReport(session, subject, problems);
  warnOf(problems, output);
  const document = { ...report, ...(log !== undefined && { log }) };
  if (options.log !== true)
    await printData(output, options.format, document, () => reportLines(report, log !== undefined));
  else if (log === undefined) output.notice(`report ${printable(report.id)} has no log`);
  else await printData(output, options.format, document, () => logLines(log));
  return 0;
}

function warnOf(problems: readonly Problem[], output: Output): void {
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
}
