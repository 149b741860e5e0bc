import { mapBounded } from '../../state/formula/concurrency.js';
import { FormulaNotFound } from '../../state/formula/errors.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService } from '../../state/model/services.js';
import { paths } from '../../state/model/paths.js';
import { ServiceNotFound } from '../../state/model/errors.js';
import type { Clock } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Session } from '../session.js';
import { openTrusted } from '../repositories/open-named.js';
import type { Opinion } from './classify.js';
import { readStanding } from './facts.js';
import { judge } from './opinion.js';

/** Repositories that are asked at the same time. */
const AT_ONCE = 8;

/** The newer revisions for one service. */
export interface Finding {
  readonly service: string;
  /** The formula's id. */
  readonly formula: string;
  readonly repository: string;
  /** Or why that is not known: which is never the same as that there is nothing. */
  readonly opinion: Opinion | { readonly why: string };
  /** Entries of the repository that are or may be newer, and cannot be read. */
  readonly problems: readonly string[];
}

/** How long each repository may take to answer, in milliseconds of the clock. */
export interface Patience {
  readonly ms: number;
  readonly clock: Clock;
}

/**
 * Looks for what is newer than what services run. Each repository is asked once, however many services came from it; one
 * that cannot be asked makes its own services unknown, and no other.
 * @param names default: all services, without those that are going
 * @param patience default: as long as such repositories are waited for elsewhere
 * @throws ServiceNotFound
 */
export async function findNewer(
  session: Session,
  names: readonly string[],
  patience?: Patience,
): Promise<readonly Finding[]> {
  const { coordinator } = session;
  const asked = names.length > 0 ? names : ((await coordinator.children(paths.services)) ?? []);
  const found = await Promise.all(
    [...new Set(asked)].sort().map(async (name) => {
      try {
        return { name, service: (await requireService(coordinator, name)).value };
      } catch (error) {
        // It may have gone since the list was read.
        if (names.length === 0 && error instanceof ServiceNotFound) return undefined;
        throw error;
      }
    }),
  );
  const standing = found
    .filter((each) => each !== undefined)
    .filter(({ service }) => service.destroying !== true);
  const places = [...new Set(standing.map(({ service }) => service.repository.path))];
  const opened = await mapBounded(
    places,
    AT_ONCE,
    async (place) => [place, await openInTime(session, place, patience)] as const,
  );
  const repositories = new Map(opened);
  return Promise.all(
    standing.map(async ({ name, service }) => {
      const opened = repositories.get(service.repository.path) ?? { why: '' };
      return findingOf(coordinator, name, service, opened);
    }),
  );
}

/** A repository that answered, or why it did not. */
export type Opened =
  | Repository
  | {
      readonly why: string;
      /** It did answer, and its answer is not believed. */
      readonly answered?: boolean;
    };

/** What is newer for one service, by the repository that it came from. */
export async function findingOf(
  coordinator: Session['coordinator'],
  name: string,
  service: Service,
  repository: Opened,
): Promise<Finding> {
  const about = { service: name, formula: service.formula, repository: service.repository.path };
  if ('why' in repository) return { ...about, opinion: { why: repository.why }, problems: [] };
  try {
    return { ...about, ...(await look(coordinator, name, service, repository)) };
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return { ...about, opinion: { why: error.message }, problems: [] };
  }
}

/**
 * Why nothing can be said of what is newer: the repository holds no revision of the formula, not even the deployed one.
 * @param deployed the formula's id
 */
export function missingFormula(repository: Repository, deployed: string): FormulaNotFound | undefined {
  const { name: formula } = parseFormulaId(deployed);
  const { location, formulas } = repository;
  const isThere = formulas.includes(formula) || problemsOf(repository, deployed).length > 0;
  return isThere ? undefined : new FormulaNotFound({ formula, repository: location, known: formulas });
}

/** Entries that are or may be newer, and cannot be read. */
function problemsOf({ problems }: Repository, deployed: string): Repository['problems'] {
  const { name, revision } = parseFormulaId(deployed);
  return problems.filter(
    (each) => each.name === name && (each.revision ?? Number.POSITIVE_INFINITY) > revision,
  );
}

/** One that does not answer in time makes its own services unknown, and keeps those of others from nothing. */
async function openInTime(session: Session, place: string, patience: Patience | undefined): Promise<Opened> {
  if (patience === undefined) return open(session, place);
  const { ms, clock } = patience;
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () =>
      resolve({ why: `${place} did not answer within ${Math.round(ms / 1_000)} s` }),
    );
    open(session, place)
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}

async function open(session: Session, place: string): Promise<Opened> {
  try {
    return await openTrusted(session, place);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return { why: error.message };
  }
}

async function look(
  coordinator: Session['coordinator'],
  name: string,
  service: Service,
  repository: Repository,
): Promise<Pick<Finding, 'opinion' | 'problems'>> {
  const missing = missingFormula(repository, service.formula);
  if (missing !== undefined) throw missing;
  const offered = repository.revisions(parseFormulaId(service.formula).name);
  const problems = problemsOf(repository, service.formula).map(({ error }) => error.message);
  return {
    opinion: await judge(coordinator, await readStanding(coordinator, name, service), offered),
    problems,
  };
}
