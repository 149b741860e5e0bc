import type { Coordinator } from '../../state/coordination/coordinator.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { type Problem, parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { policyOf } from '../../state/model/upgrade-policy.js';

/** A service as it stands in the tree. */
export interface ObservedService {
  readonly name: string;
  readonly service: Service;
  readonly version: number;
  /** Its repository: the common form of all spellings of where that is. */
  readonly place: string;
}

/**
 * Reads all services that are there to stay.
 * @param problems gets the nodes that cannot be read, whose services are left alone
 */
export async function observeServices(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly ObservedService[]> {
  const names = (await coordinator.children(paths.services)) ?? [];
  const nodes = await coordinator.getMany(names.map(paths.service));
  const places = new Map<string, string>();
  return names.flatMap((name, index): readonly ObservedService[] => {
    const read = parseSound(paths.service(name), serviceSchema, nodes[index], problems);
    if (read === undefined || read.value.destroying === true) return [];
    const location = read.value.repository.path;
    const place = places.get(location) ?? safePlaceOf(location);
    places.set(location, place);
    return [{ name, service: read.value, version: read.version, place }];
  });
}

/**
 * Reads one service anew.
 * @returns undefined where it is gone, is on its way out, cannot be read, or nobody is to look at it
 */
export async function observeService(
  coordinator: Coordinator,
  name: string,
): Promise<ObservedService | undefined> {
  const path = paths.service(name);
  const read = parseSound(path, serviceSchema, await coordinator.get(path), []);
  if (read === undefined || read.value.destroying === true) return undefined;
  if (policyOf(read.value.policy).mode === 'off') return undefined;
  const place = safePlaceOf(read.value.repository.path);
  return { name, service: read.value, version: read.version, place };
}

/** What cannot be read as a place is one of its own: asking it says what is wrong with it. */
function safePlaceOf(location: string): string {
  try {
    return placeOf(location);
  } catch {
    return location;
  }
}
