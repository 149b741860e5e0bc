import { createHash } from 'node:crypto';
import type { Candidate } from '../../state/formula/candidate.js';
import type { Repository } from '../../state/formula/repositories/repository.js';

/** By the repository as it was asked: one that did not change is the same object in the next pass. */
const known = new WeakMap<Repository, Map<string, ReadonlyMap<number, string>>>();

/** What tells the contents of a formula's revisions apart, by revision. */
export function digestsOf(repository: Repository, formula: string): ReadonlyMap<number, string> {
  const ofRepository = known.get(repository) ?? new Map<string, ReadonlyMap<number, string>>();
  known.set(repository, ofRepository);
  const found = ofRepository.get(formula);
  if (found !== undefined) return found;
  const digests = new Map(
    repository.revisions(formula).map((candidate) => [candidate.id.revision, digestOf(candidate)] as const),
  );
  ofRepository.set(formula, digests);
  return digests;
}

/** Where the content itself is not looked at before it is fetched: of what the formula says of itself. */
function digestOf(candidate: Candidate): string {
  const content = candidate.kind === 'remote' ? (candidate.sha256 ?? candidate.content) : undefined;
  const { metadata, config, hooks, withdrawn, signature } = candidate;
  return createHash('sha256')
    .update(JSON.stringify([content ?? { metadata, config, hooks }, withdrawn, signature]))
    .digest('hex')
    .slice(0, 32);
}
