import type { Repository } from '../../state/formula/repositories/repository.js';
import { type Release, releaseOf } from '../../state/formula/release.js';
import { printable } from '../../state/platform/printable.js';

/** One revision of a formula as `formulas` and `repository show` print it; fields are added, never renamed. */
export interface FormulaEntry {
  readonly revision: number;
  readonly summary: string;
  readonly release: Release;
  /** True, or why. */
  readonly withdrawn?: boolean | string;
}

/** The offers of a repository, by formula; the newest first. */
export function formulaEntries(repository: Repository): Readonly<Record<string, readonly FormulaEntry[]>> {
  return Object.fromEntries(
    repository.formulas.map((name) => [
      name,
      repository
        .revisions(name)
        .toReversed()
        .map(({ id, metadata, withdrawn }) => ({
          revision: id.revision,
          summary: metadata.summary,
          release: releaseOf(metadata),
          ...(withdrawn !== undefined && { withdrawn: withdrawn.why ?? true }),
        })),
    ]),
  );
}

/** The same as rows of a table: formula, revision, release, summary. */
export function formulaRows(
  formulas: Readonly<Record<string, readonly FormulaEntry[]>>,
): readonly (readonly string[])[] {
  return Object.entries(formulas).flatMap(([name, entries]) =>
    entries.map((entry, index) => [
      index === 0 ? name : '',
      String(entry.revision),
      releaseText(entry),
      printable(entry.summary),
    ]),
  );
}

function releaseText({ release, withdrawn }: FormulaEntry): string {
  const { line, prerelease, urgent, ensemble } = release;
  return [
    `line ${line}`,
    ...(prerelease ? ['prerelease'] : []),
    ...(urgent === undefined ? [] : [urgent.toUpperCase()]),
    ...(ensemble === undefined ? [] : [`needs ${printable(ensemble)}`]),
    ...(withdrawn === undefined ? [] : ['withdrawn']),
  ].join(', ');
}
