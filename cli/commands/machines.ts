import { listMachines, type MachineListing } from '../../control/status/machine-entries.js';
import { agentWord } from '../../state/model/absence.js';
import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { trustLines } from '../status/trust-lines.js';
import { versionLines } from '../status/version-lines.js';
import { keptLines } from '../status/kept-lines.js';
import { problemLines } from '../status/problem-lines.js';

/** Prints the registered machines with the units they host. */
export async function machines(
  { format }: { readonly format: Format },
  invocation: Invocation,
): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const problems: Problem[] = [];
    const found = await listMachines(session, problems);
    const { machines: entries, environment } = found;
    const document = { ...found, ...(problems.length > 0 && { problems }) };
    await printData(invocation.output, format, document, (columns) => [
      ...tableOf(entries, columns),
      ...cordonLines(entries),
      ...(environment === undefined ? [] : versionLines(environment)),
      ...trustLines(entries, session.environment.trust),
      ...(keptLines(entries).length > 0 ? ['', ...keptLines(entries)] : []),
      ...(problems.length > 0 ? ['', ...problemLines({ problems })] : []),
    ]);
    return 0;
  });
}

function tableOf(entries: Readonly<Record<string, MachineListing>>, columns: number): readonly string[] {
  const rows = Object.entries(entries).map(([name, entry]) => [
    name,
    `${agentWord(entry)}${entry.cordoned === undefined ? '' : ', cordoned'}`,
    entry.version ?? entry.registered?.version ?? '-',
    printable(entry.hostname),
    printable(entry.addresses?.public ?? (entry.noAddress ? 'none found' : '-')),
    entry.units.length === 0 ? '-' : entry.units.join(' '),
  ]);
  if (rows.length === 0) return ['no machines; an agent registers its own: ensemble-agent'];
  return renderTable([['MACHINE', 'AGENT', 'VERSION', 'HOSTNAME', 'ADDRESS', 'UNITS'], ...rows], columns);
}

/** Which machines take no new units, since when, by whom and why. */
function cordonLines(entries: Readonly<Record<string, MachineListing>>): readonly string[] {
  const lines = Object.entries(entries).flatMap(([name, { cordoned }]) => {
    if (cordoned === undefined) return [];
    const { since, by, reason } = cordoned;
    const why = reason === undefined ? '' : `: ${reason}`;
    return [printable(`${name} takes no new units since ${since}, by ${by}${why}`)];
  });
  return lines.length === 0 ? [] : ['', ...lines];
}
