import { openNamed } from '../../control/repositories/open-named.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { withSession } from '../invocation/session.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { formulaEntries, formulaRows } from '../repositories/formula-rows.js';

/** Prints the formulas that a repository offers, with all their revisions. */
export async function formulas(
  place: string,
  { format }: { readonly format: Format },
  invocation: Invocation,
): Promise<ExitCode> {
  if (place === '') throw invocation.misuse('name a repository, or set ENSEMBLE_REPOSITORY');
  return withSession<ExitCode>(invocation, async (session) => {
    const repository = await openNamed(session, place);
    const offered = formulaEntries(repository);
    const problems = repository.problems.map(({ error }) => error.message);
    const document = {
      repository: repository.location,
      formulas: offered,
      ...(problems.length > 0 && { problems }),
    };
    await printData(invocation.output, format, document, (columns) => [
      ...(repository.formulas.length === 0
        ? [`${printable(repository.location)} holds no formula`]
        : renderTable([['FORMULA', 'REVISION', 'RELEASE', 'SUMMARY'], ...formulaRows(offered)], columns)),
      ...(problems.length > 0 ? ['', ...problems.map(printable)] : []),
    ]);
    return 0;
  });
}
