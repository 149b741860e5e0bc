import { plainRepository } from '../../state/formula/candidate-mark.js';
import { formatFormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import type { Service } from '../../state/model/service-schemas.js';
import { RevisionOlder } from '../errors.js';
import { openCandidate } from '../repositories/open-candidate.js';
import type { Asking } from '../repositories/open-named.js';
import type { Target } from './target.js';

/**
 * The service's formula as it stands in an open change. It has the id of no release, and the service stays with its own.
 * @param repository where the change is, if not where the service came from
 * @throws as `openCandidate`; FormulaNotFound, RevisionOlder, the error of a formula that cannot be read
 */
export async function candidateTarget(
  session: Asking,
  name: string,
  service: Service,
  key: string,
  repository = service.repository.path,
): Promise<Target> {
  const deployed = parseFormulaId(service.formula);
  const opened = await openCandidate(session, repository, key, plainRepository(deployed));
  const candidate = opened.latest(deployed.name);
  const { revision } = candidate.id;
  if (revision < deployed.revision)
    throw new RevisionOlder({ service: name, deployed: service.formula, revision });
  return {
    id: formatFormulaId(candidate.id),
    candidate,
    location: opened.location,
    passedOver: [],
  };
}
