import {
  type CandidateEntry,
  candidatesDocument,
  type RepositoryCandidates,
} from '../../control/candidates/candidates-document.js';
import { readCandidates } from '../../control/candidates/known-candidates.js';
import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { printData } from '../output/output.js';
import { renderTable } from '../output/table.js';

/** Shows the formulas in open changes, as the watcher saw them last. */
export async function showCandidates({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const found = candidatesDocument(await readCandidates(session.coordinator, problems));
  for (const { path, reason } of problems) output.warn(`${path} cannot be read: ${reason}`);
  await printData(output, options.format, { repositories: found }, () =>
    candidateLines(found, output.stdout.columns),
  );
  return 0;
}

/** A row for each candidate, and below what keeps more from being known. */
export function candidateLines(found: readonly RepositoryCandidates[], columns: number): readonly string[] {
  const rows = found.flatMap(({ candidates }) => candidates.map(rowOf));
  const unknown = found.flatMap(({ repository, known, why }) =>
    known ? [] : [printable(`${repository}: ${why ?? 'there may be more than is listed'}`)],
  );
  const table =
    rows.length === 0
      ? ['no open change with a formula is known']
      : renderTable([['CANDIDATE', 'STATE', 'MOVED', 'NEEDS', 'CHANGE', 'TITLE'], ...rows], columns);
  return [...table, ...(unknown.length > 0 ? ['', ...unknown] : [])];
}

function rowOf(entry: CandidateEntry): readonly string[] {
  const { shown, movedAt, needs, absent, url, ref, title } = entry;
  return [
    printable(shown),
    stateOf(entry),
    movedAt.slice(0, 10),
    printable(
      [...needs.map((each) => each.shown), ...absent.map((id) => `${id} (not open)`)].join(', ') || '-',
    ),
    printable(url === '' ? ref : url),
    printable(title || '-'),
  ];
}

function stateOf({ stale, conflicts }: CandidateEntry): string {
  if (stale) return 'stale';
  return conflicts.length === 0 ? 'open' : printable(`conflict with ${conflicts.join(', ')}`);
}
