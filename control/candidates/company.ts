import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { OpenCandidate } from '../../state/model/candidates.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { rivalsOf } from './conflicts.js';
import { shownCandidate } from './candidates-document.js';
import { candidatesPath, readCandidates } from './known-candidates.js';
import { setOf } from './together.js';

/** A candidate that another one needs. */
export interface NeededCandidate {
  readonly key: string;
  readonly formula: string;
  /** `mysql 14~pr22.g3fa9c1d`. */
  readonly shown: string;
  /** Where it is proposed, as services remember it. */
  readonly repository: string;
  /** A service of its formula from that repository runs, of which units can try it. */
  readonly runs: boolean;
}

/** What the watcher knows of a change besides what it proposes. */
export interface Company {
  /** The other changes that claim the same revision of the formula. */
  readonly rivals: readonly string[];
  /** What is to be tried together with it, each after what it needs. */
  readonly needs: readonly NeededCandidate[];
  /** What it needs that is not open where it is watched. */
  readonly absent: readonly string[];
}

/**
 * What is to be known of a change by whoever tries it; nothing where nobody watches its repository.
 * @param repository as it is remembered
 */
export async function companyOf(
  coordinator: Coordinator,
  repository: string,
  key: string,
  formula: string,
): Promise<Company> {
  const nodes = await readCandidates(coordinator);
  const path = candidatesPath(repository);
  const own = nodes.find(({ url }) => candidatesPath(url) === path)?.candidates ?? [];
  const candidate = own.find((each) => each.key === key && each.formula === formula);
  if (candidate === undefined) return { rivals: [], needs: [], absent: [] };
  const all = nodes.flatMap(({ url, candidates }) =>
    candidates.map((each) => ({ ...each, repository: url })),
  );
  const { members, absent } = setOf(candidate.id, all);
  const others = members.filter((each) => each.id !== candidate.id || each.formula !== formula);
  const running = others.length === 0 ? new Set<string>() : await runningFormulas(coordinator);
  return { rivals: rivalsOf(candidate, own), needs: others.map((each) => neededOf(each, running)), absent };
}

function neededOf(
  candidate: OpenCandidate & { readonly repository: string },
  running: ReadonlySet<string>,
): NeededCandidate {
  const { key, formula, repository } = candidate;
  const runs = running.has(`${candidatesPath(repository)} ${formula}`);
  return { key, formula, shown: shownCandidate(candidate), repository, runs };
}

/** The formulas that services run, each with the node of its repository. */
async function runningFormulas(coordinator: Coordinator): Promise<ReadonlySet<string>> {
  const all = ((await coordinator.children(paths.services)) ?? []).map(paths.service);
  const nodes = await coordinator.getMany(all);
  return new Set(
    all.flatMap((path, index) => {
      const service = parseSound(path, serviceSchema, nodes[index], [])?.value;
      if (service === undefined || service.destroying === true) return [];
      return [`${candidatesPath(service.repository.path)} ${parseFormulaId(service.formula).name}`];
    }),
  );
}
