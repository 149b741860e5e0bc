import { plainRepository } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import type { Problem } from '../../state/model/entity.js';
import { readSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import {
  createRepository,
  readRepositories,
  readRepository,
  removeRepository,
  type RepositoryByName,
} from '../../state/model/repositories.js';
import type { FormulaPublishedDiffers } from '../../state/model/errors.js';
import type { Requester } from '../../state/model/requester.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { RepositoryKnown, RepositoryNameInUse, RepositoryUnknown } from '../errors.js';
import type { Session } from '../session.js';
import { type Asking, isNameOfRepository, openTrusted } from './open-named.js';

/** A named repository, and the services that came from there. */
export interface RepositoryEntry extends RepositoryByName {
  readonly services: readonly string[];
}

/**
 * Gives a repository, which must answer, a name in the environment. Doing it again is a success.
 * @returns what is remembered of it
 * @throws RepositoryKnown where the name stands for another place, or the place has another name; RepositoryNameInUse; as
 *   `openRepository`
 */
export async function nameRepository(
  session: Asking,
  { name, url: text, by }: { readonly name: string; readonly url: string; readonly by: Requester },
): Promise<{ readonly url: string; readonly stood: boolean }> {
  const { coordinator } = session;
  const { location: url } = await openTrusted(session, text);
  const place = placeOf(url);
  const known = (await readRepositories(coordinator)).find(
    (each) => each.name === name || placeOf(each.url) === place,
  );
  if (known !== undefined && (known.name !== name || placeOf(known.url) !== place))
    throw new RepositoryKnown({ name: known.name, url: known.url });
  if (known !== undefined) return { url: known.url, stood: true };
  await requireUnused(coordinator, name, url);
  if (await createRepository(coordinator, name, url, by)) return { url, stood: false };
  const other = await readRepository(coordinator, name);
  if (other !== undefined && placeOf(other.url) === place) return { url: other.url, stood: true };
  throw new RepositoryKnown({ name, url: other?.url ?? url });
}

/**
 * One id stands for one content, for ever: of two places under one name, each would keep the other's revisions from being
 * published.
 * @throws RepositoryNameInUse
 */
async function requireUnused(coordinator: Session['coordinator'], name: string, url: string): Promise<void> {
  const other = await serviceFromElsewhere(coordinator, name, url);
  if (other !== undefined) throw new RepositoryNameInUse({ name, url, ...other });
}

/** A service whose formula's id begins with this name, and that came from another place than this URL's. */
async function serviceFromElsewhere(
  coordinator: Session['coordinator'],
  name: string,
  url: string,
): Promise<{ readonly service: string; readonly place: string } | undefined> {
  const place = placeOf(url);
  for (const [service, { formula, repository }] of await readServices(coordinator, []))
    if (
      plainRepository(parseFormulaId(formula)) === name &&
      repository.path !== url &&
      safePlaceOf(repository.path) !== place
    )
      return { service, place: repository.path };
  return undefined;
}

/**
 * Finds out whether two places share a name, where a formula is not what was published under its id: that is mended by a name
 * of its own, and not by a new revision.
 * @param id of the formula @param url of the repository in which it was found
 * @returns the name that the repository has, or may have; undefined where no service came from another place of that name
 */
export async function nameApart(
  { coordinator }: Pick<Session, 'coordinator'>,
  id: string,
  url: string,
): Promise<NonNullable<FormulaPublishedDiffers['apart']> | undefined> {
  const name = plainRepository(parseFormulaId(id));
  const other = await serviceFromElsewhere(coordinator, name, url);
  if (other === undefined) return undefined;
  const known = await readRepositories(coordinator);
  const place = placeOf(url);
  const own = known.find((each) => each.name !== name && placeOf(each.url) === place);
  if (own !== undefined) return { ...other, url, name: own.name, known: true };
  const services = await readServices(coordinator, []);
  const taken = new Set([
    ...known.map((each) => each.name),
    ...[...services.values()].map(({ formula }) => plainRepository(parseFormulaId(formula))),
  ]);
  const base = isNameOfRepository(name) ? name.slice(0, 50) : 'formulas';
  let number = 2;
  while (taken.has(`${base}${number}`)) number += 1;
  return { ...other, url, name: `${base}${number}`, known: false };
}

/** Takes the name away; services keep the place that they came from. @throws RepositoryUnknown */
export async function unnameRepository(
  { coordinator }: Pick<Session, 'coordinator'>,
  { name, by }: { readonly name: string; readonly by: Requester },
): Promise<void> {
  if (!(await removeRepository(coordinator, name, by))) throw await unknown(coordinator, name);
}

/** All named repositories. @param problems gets the nodes that cannot be read */
export async function listRepositories(
  { coordinator }: Pick<Session, 'coordinator'>,
  problems: Problem[],
): Promise<readonly RepositoryEntry[]> {
  const [repositories, origins] = await Promise.all([
    readRepositories(coordinator, problems),
    readOrigins(coordinator, problems),
  ]);
  return repositories.map((each) => ({ ...each, services: cameFrom(each.url, origins) }));
}

/** One of them. @throws RepositoryUnknown, NodeInvalid */
export async function findRepository(
  { coordinator }: Pick<Session, 'coordinator'>,
  name: string,
): Promise<RepositoryEntry> {
  const [found, origins] = await Promise.all([
    readRepository(coordinator, name),
    readOrigins(coordinator, []),
  ]);
  if (found === undefined) throw await unknown(coordinator, name);
  return { ...found, services: cameFrom(found.url, origins) };
}

async function unknown(coordinator: Session['coordinator'], name: string): Promise<RepositoryUnknown> {
  const known = (await readRepositories(coordinator)).map((each) => each.name);
  return new RepositoryUnknown({ name, known });
}

async function readOrigins(
  coordinator: Session['coordinator'],
  problems: Problem[],
): Promise<ReadonlyMap<string, string>> {
  const services = await readServices(coordinator, problems);
  return new Map([...services].map(([name, { repository }]) => [name, repository.path]));
}

async function readServices(
  coordinator: Session['coordinator'],
  problems: Problem[],
): Promise<ReadonlyMap<string, Service>> {
  const names = (await coordinator.children(paths.services)) ?? [];
  const services = await Promise.all(
    names.map((name) => readSound(coordinator, paths.service(name), serviceSchema, problems)),
  );
  return new Map(
    names.flatMap((name, index) => {
      const service = services[index]?.value;
      return service === undefined ? [] : [[name, service] as const];
    }),
  );
}

/** A place that a service remembers was understood once; if not, it came from nowhere that has a name. */
function cameFrom(url: string, origins: ReadonlyMap<string, string>): readonly string[] {
  const place = placeOf(url);
  return [...origins]
    .filter(([, origin]) => origin === url || safePlaceOf(origin) === place)
    .map(([service]) => service)
    .sort();
}

function safePlaceOf(text: string): string | undefined {
  try {
    return placeOf(text);
  } catch {
    return undefined;
  }
}
