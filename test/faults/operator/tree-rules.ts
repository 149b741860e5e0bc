import { serviceOfUnit } from '../../../state/model/paths.js';
import { endpointsOf, pairOf, pairs, type ServiceName, services } from './formulas.js';
import type { Model } from './model.js';
import { type Meeting, revisionOf, type Tree } from './tree.js';

/** A meeting there must be: its services' endpoints, and who takes part. */
export interface Party {
  /** As hooks know the relation: `db:3`, by the service whose endpoint it is. */
  readonly identifiers: ReadonlyMap<string, string>;
  readonly units: readonly string[];
}

/** Units of a service that stand in the tree. */
function unitsIn(tree: Tree, service: string): readonly string[] {
  return (tree.services.get(service as ServiceName)?.units ?? []).map(({ name }) => name);
}

/** Each service and unit that there shall be is there, on the formula that it shall have, and nothing else is. */
export function faultsOfUnits(tree: Tree, model: Model): readonly string[] {
  const faults = differences('services', [...tree.services.keys()], [...model.services.keys()]);
  for (const [service, { formula, units }] of model.services) {
    const found = tree.services.get(service);
    if (found === undefined) continue;
    if (found.service.formula !== formula)
      faults.push(`${service} is set to ${found.service.formula}, and not to ${formula}`);
    if (service === 'mon') faults.push(...faultsOfSubordinates(tree, model));
    else faults.push(...differences(`units of ${service}`, unitsIn(tree, service), [...units]));
    for (const { name, unit, status } of found.units) {
      if (status.state !== 'started' || unit.formula !== formula)
        faults.push(
          `${name} on ${unit.machine} is ${status.state} on ${unit.formula}, not started on ${formula}: ${status.message}`,
        );
      const asked = (tree.unitNodes.get(name) ?? []).filter(
        (node) => !/^(status|life-.*|subordinate-.*)$/.test(node),
      );
      if (asked.length > 0) faults.push(`${name} has yet to deal with ${asked.join(', ')}`);
    }
  }
  const all = [...tree.services.values()].flatMap(({ units }) => units);
  faults.push(
    ...differences(
      '/units',
      [...tree.unitNodes.keys()],
      all.map(({ name }) => name),
    ),
  );
  for (const [machine, hosted] of tree.hosted) {
    const placed = all.filter(({ unit }) => unit.machine === machine).map(({ name }) => name);
    faults.push(...differences(`units of machine ${machine}`, hosted, placed));
    if (!tree.up.has(machine)) faults.push(`${machine} is down`);
  }
  return [...faults, ...differences('/unplaced', tree.unplaced, [])];
}

/** Beside each unit of a service that the subordinate is related to stands one of it, on the same machine. */
function faultsOfSubordinates(tree: Tree, model: Model): readonly string[] {
  const principals = [...model.pairs].flatMap((pair) => {
    const [subordinate, service = ''] = pairOf(pair);
    return subordinate === 'mon' ? unitsIn(tree, service) : [];
  });
  const beside = tree.services.get('mon')?.units.map(({ unit }) => unit.principal ?? 'none') ?? [];
  return differences('units that one of mon is beside', beside, principals);
}

/** Where units meet by the relations there are, by their place in the tree. */
export function partiesOf(tree: Tree): ReadonlyMap<string, Party> {
  const parties = new Map<string, Party>();
  const mons = tree.services.get('mon')?.units ?? [];
  for (const { relations } of tree.services.values()) {
    for (const { number, value } of relations) {
      const identifiers = new Map(value.endpoints.map(({ service, name }) => [service, `${name}:${number}`]));
      const [one, other] = value.endpoints.map(({ service }) => unitsIn(tree, service));
      if (value.scope === 'global') {
        parties.set(number, { identifiers, units: [...(one ?? []), ...(other ?? [])] });
        continue;
      }
      for (const { name, unit } of mons) {
        const { principal = '' } = unit;
        if (identifiers.has(serviceOfUnit(principal)))
          parties.set(`${number} beside ${principal}`, { identifiers, units: [principal, name] });
      }
    }
  }
  return parties;
}

/** Each relation that there shall be is there, its nodes are those of its units, and nobody else's. */
export function faultsOfRelations(tree: Tree, model: Model): readonly string[] {
  const found = [...tree.services.values()].flatMap(({ relations }) => relations);
  const names = new Map(
    found.map(({ number, value }) => [
      number,
      value.endpoints
        .map((end) => `${end.service}:${end.name}`)
        .toSorted()
        .join(' '),
    ]),
  );
  const peers = [...model.services].flatMap(([service, { formula }]) =>
    Object.entries(endpointsOf(services[service], revisionOf(formula)))
      .filter(([, role]) => role === 'peers')
      .map(([name]) => `${service}:${name}`),
  );
  const related = [...model.pairs].map((pair) => (pairs[pair] ?? []).toSorted().join(' '));
  const faults = differences('relations', [...names.values()], [...related, ...peers]);
  faults.push(...differences('/relations', tree.relations, [...names.keys()]));
  const parties = partiesOf(tree);
  const places = new Map(tree.meetings.filter(isUsed).map((meeting) => [placeOf(meeting), meeting]));
  for (const place of new Set([...parties.keys(), ...places.keys()])) {
    const units = parties.get(place)?.units ?? [];
    const { members = [], settings = new Map() } = places.get(place) ?? {};
    faults.push(...differences(`members of relation ${place}`, members, units));
    faults.push(...differences(`settings of relation ${place}`, [...settings.keys()], units));
  }
  return faults;
}

export function placeOf({ id, principal }: Meeting): string {
  return principal === undefined ? id : `${id} beside ${principal}`;
}

const isUsed = ({ members, settings }: Meeting): boolean => members.length + settings.size > 0;

/** What is there and shall not be, and the other way round; as often as it is there. */
export function differences(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const [more, fewer] = [minus(found, wanted), minus(wanted, found)];
  return [
    ...(more.length === 0 ? [] : [`${what}: ${more.join(', ')} should not be there`]),
    ...(fewer.length === 0 ? [] : [`${what}: ${fewer.join(', ')} should be there`]),
  ];
}

function minus(some: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return some.toSorted().filter((each) => {
    const at = left.indexOf(each);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
