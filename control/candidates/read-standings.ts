import type { Coordinator } from '../../state/coordination/coordinator.js';
import { candidateKeyOf } from '../../state/formula/candidate-mark.js';
import { candidatesSchema } from '../../state/model/candidates.js';
import { parseSound, type Problem, readSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { formulaRecordSchema } from '../../state/model/service-schemas.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { candidatesPath } from './known-candidates.js';
import { type CandidateStanding, standingOfCandidate } from './standing.js';

/**
 * How it is with the changes of the candidates among these formulas, by id. Where there is none, nothing is read.
 * @param problems gets the nodes that cannot be read
 */
export async function readStandings(
  coordinator: Coordinator,
  formulas: readonly (string | null)[],
  problems: Problem[],
): Promise<ReadonlyMap<string, CandidateStanding>> {
  const ids = [...new Set(formulas)]
    .filter((id) => id !== null)
    .filter((id) => candidateKeyOf(id) !== undefined);
  const found = await Promise.all(
    ids.map(async (id) => [id, await readStanding(coordinator, id, problems)] as const),
  );
  return new Map(found);
}

async function readStanding(
  coordinator: Coordinator,
  id: string,
  problems: Problem[],
): Promise<CandidateStanding> {
  const record = await readSound(coordinator, paths.formula(id), formulaRecordSchema, problems);
  const repository = record?.value.change?.repository;
  const path = repository === undefined ? undefined : pathOf(repository);
  if (path === undefined) return 'unknown';
  const known = parseSound(path, candidatesSchema, await coordinator.get(path), problems)?.value;
  return standingOfCandidate(id, known);
}

function pathOf(repository: string): string | undefined {
  try {
    return candidatesPath(repository);
  } catch (error) {
    if (error instanceof EnsembleError) return undefined;
    throw error;
  }
}
