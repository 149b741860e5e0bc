import { globMatcher, isGlob } from '../../state/platform/glob.js';
import { ServiceNotFound, UnitNotFound } from '../../state/model/errors.js';
import { paths } from '../../state/model/paths.js';
import { isOpen } from '../../state/model/rollout.js';
import type { ServiceState, Snapshot, UnitState } from './snapshot.js';
import { NothingMatches } from '../errors.js';

/**
 * Narrows what was read to what has one of the names: services with all their units and with the services they are
 * related to; units with those placed beside them; machines with what they host. Machines are shown where they host
 * something that is shown.
 * @throws ServiceNotFound, UnitNotFound, NothingMatches for a name that nothing has
 */
export function narrow(snapshot: Snapshot, scopes: readonly string[]): Snapshot {
  if (scopes.length === 0) return snapshot;
  for (const scope of scopes) checkMatches(snapshot, scope);
  const chosen = scopes.map(globMatcher);
  const isChosen = (name: string): boolean => chosen.some((matches) => matches(name));
  const named = snapshot.services.filter(({ name }) => isChosen(name));
  const whole = new Set([...named.map(({ name }) => name), ...named.flatMap(relatedTo)]);
  const isShown = ({ name, unit }: UnitState): boolean =>
    whole.has(unit.service) ||
    isChosen(name) ||
    (unit.machine !== null && isChosen(unit.machine)) ||
    (unit.principal !== undefined && isChosen(unit.principal));
  const services = snapshot.services
    .map((service) => ({ ...service, units: service.units.filter(isShown) }))
    .filter(({ name, units }) => whole.has(name) || units.length > 0);
  const hosts = new Set(services.flatMap(({ units }) => units.map(({ unit }) => unit.machine)));
  const machines = snapshot.machines.filter(({ name }) => hosts.has(name) || isChosen(name));
  return { ...snapshot, machines, services };
}

/** A clone that is tried is looked at with the service in whose place it is to come. */
function relatedTo({ relations, rollout }: ServiceState): readonly string[] {
  const others = relations.flatMap(({ value }) => value.endpoints.map(({ service }) => service));
  return rollout?.clone !== undefined && isOpen(rollout) ? [...others, rollout.clone.service] : others;
}

function checkMatches({ machines, services, problems }: Snapshot, scope: string): void {
  const matches = globMatcher(scope);
  const names = services.map(({ name }) => name);
  const units = services.flatMap((service) => service.units.map(({ name }) => name));
  if ([...names, ...units, ...machines.map(({ name }) => name)].some(matches)) return;
  // It is there, and that is all that is known of it.
  if (problems.some(({ path }) => path === paths.service(scope))) return;
  if (isGlob(scope)) throw new NothingMatches({ scope });
  throw scope.includes('/')
    ? new UnitNotFound({ unit: scope })
    : new ServiceNotFound({ service: scope, known: names });
}
