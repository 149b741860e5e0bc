import type { Candidate } from '../../state/formula/candidate.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import {
  checkFormulaSignature,
  checkFormulaSigner,
  type TrustRules,
} from '../../state/formula/trust/check-signature.js';
import { systemClock } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';

/** The same repository, whose candidates say why they are not trusted, as far as that can be told before they are here. */
export function withTrust(repository: Repository, trust: TrustRules): Repository {
  const marked = <T extends Candidate>(candidate: T): T => {
    const why = distrust(candidate, trust);
    return why === undefined ? candidate : { ...candidate, untrusted: { why } };
  };
  return {
    ...repository,
    revisions: (name) => repository.revisions(name).map(marked),
    latest: (name) => marked(repository.latest(name)),
    find: (name, revision) => marked(repository.find(name, revision)),
  };
}

function distrust(candidate: Candidate, trust: TrustRules): string | undefined {
  const { id, signature } = candidate;
  const now = systemClock.now();
  try {
    if (candidate.kind === 'remote' && candidate.sha256 !== undefined)
      checkFormulaSignature(trust, { ...id, sha256: candidate.sha256 }, signature, now);
    else checkFormulaSigner(trust, id, signature, now);
    return undefined;
  } catch (error) {
    if (error instanceof EnsembleError) return error.message;
    throw error;
  }
}
