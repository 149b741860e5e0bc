import { bumpRevision } from '../../state/formula/bump.js';
import type { LocalCandidate } from '../../state/formula/candidate.js';
import type { Formula } from '../../state/formula/formula.js';
import { publishable } from '../../state/formula/publishable.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { SignatureMissing } from '../../state/formula/trust/errors.js';
import { BumpNeedsDirectory } from '../errors.js';
import type { Session } from '../session.js';
import { withWorkDirectory } from './work-directory.js';

/**
 * The highest revision of a formula, whose files can be written.
 * @throws FormulaNotFound, BumpNeedsDirectory where it is a bundle
 */
export function underDevelopment(repository: Repository, formula: string): LocalCandidate {
  const latest = repository.latest(formula);
  if (latest.kind !== 'directory') throw new BumpNeedsDirectory({ path: latest.path, kind: latest.kind });
  return latest;
}

/**
 * A revision that is not there yet is signed by nobody.
 * @throws SignatureMissing where the environment requires a signature
 */
export function refuseRaisedUnsigned({ environment }: Session, formula: string): void {
  if (environment.trust?.require !== true) return;
  throw new SignatureMissing({
    what: `the next revision of ${formula}`,
    next: 'write the revision into its metadata.yaml, sign it with: ensemble sign --key KEY FOLDER, and leave the option out that raises it',
  });
}

/**
 * Raises the revision of a formula under development by one, and gives the repository as it is then. Before that it is
 * checked whole, so that one which cannot be published uses up no revision.
 * @param accept throws where the formula, as it is otherwise, is not what it shall be
 * @throws as `underDevelopment`, `publishable` and `bumpRevision`; whatever `accept` throws
 */
export async function raiseRevision(
  repository: Repository,
  formula: string,
  accept: (formula: Formula) => Promise<unknown>,
): Promise<Repository> {
  const candidate = underDevelopment(repository, formula);
  const prepared = await withWorkDirectory((directory) => publishable(candidate, directory));
  await accept(prepared.formula);
  await bumpRevision(candidate.path);
  return openRepository(repository.location, { name: repository.name });
}
