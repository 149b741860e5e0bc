import type { Coordinator } from '../../state/coordination/coordinator.js';
import { endpointsOf, type OfferedEndpoint } from '../../state/model/endpoints.js';
import { type Problem, readSound } from '../../state/model/entity.js';
import { FormulaNotPublished, NodeInvalid } from '../../state/model/errors.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { paths } from '../../state/model/paths.js';
import { type RelationNode, relationsOfService } from '../../state/model/relations.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { RelationEndpoint } from '../../state/model/relation-schemas.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { unitsOfService } from '../../state/model/services.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import { type CloneFacts, endsOf, pairRelations, type Room } from './clone-facts.js';

/**
 * Reads what a rollout with strategy `clone` is decided by, besides the units; undefined for any other.
 * @param source the service as it was read, and undefined where it is gone
 * @param problems gets the nodes that cannot be read; a relation among them is left alone
 */
export async function readClone(
  coordinator: Coordinator,
  name: string,
  source: Service | undefined,
  rollout: Rollout,
  problems: Problem[] = [],
): Promise<CloneFacts | undefined> {
  if (rollout.clone === undefined) return undefined;
  const { service } = rollout.clone;
  const [found, relations, ofClone, exposed] = await Promise.all([
    readSound(coordinator, paths.service(service), serviceSchema, problems),
    relationsOfService(coordinator, name, problems),
    relationsOfService(coordinator, service, problems),
    coordinator.get(paths.exposed(name)),
  ]);
  const clone = found?.value;
  const own = clone?.cloneOf?.rollout === rollout.id;
  const others = ofClone.filter(({ value }) => endsOf(value, service) !== undefined);
  const pairs = relations.filter(({ value }) => endsOf(value, name) !== undefined);
  const [offered, room, unasked] = await Promise.all([
    offeredBy(coordinator, service, rollout.to),
    roomOf(coordinator, name, pairs),
    unaskedUnits(coordinator, rollout.promoted === true ? name : service),
  ]);
  return {
    source: name,
    is: clone === undefined ? 'none' : own ? 'own' : 'other',
    isGoing: clone?.destroying === true,
    formula: clone?.formula ?? null,
    unmade: clone === undefined ? 0 : unmadeIn(clone),
    standing: others.filter(({ value }) => value.removing !== true).length,
    leaving: others.filter(({ value }) => value.removing === true).length,
    sourceIsGoing: source === undefined || source.destroying === true,
    sourceIsExposed: exposed !== undefined,
    unasked,
    relations: pairRelations(name, pairs, service, others, offered, room),
  };
}

function unmadeIn(service: Service): number {
  return unmadeBatches(service).reduce((sum, { units, made }) => sum + units - made, 0);
}

/** Nothing where the formula cannot be read: then no relation of it is made. */
async function offeredBy(
  coordinator: Coordinator,
  service: string,
  formula: string,
): Promise<readonly OfferedEndpoint[]> {
  try {
    return endpointsOf(service, await requireMetadata(coordinator, formula));
  } catch (error) {
    if (error instanceof FormulaNotPublished || error instanceof NodeInvalid) return [];
    throw error;
  }
}

/** How much room the services on the other sides have. One that cannot be read has none. */
async function roomOf(
  coordinator: Coordinator,
  name: string,
  relations: readonly RelationNode[],
): Promise<Room> {
  const names = new Set(relations.flatMap(({ value }) => endsOf(value, name)?.[1].service ?? []));
  const known = new Map(
    await Promise.all(
      [...names].map(async (service) => {
        const found = await readSound(coordinator, paths.service(service), serviceSchema, []);
        const [offered, standing] = await Promise.all([
          found === undefined ? [] : offeredBy(coordinator, service, found.value.formula),
          relationsOfService(coordinator, service),
        ]);
        return [service, { offered, standing }] as const;
      }),
    ),
  );
  return ({ service, name: end }: RelationEndpoint) => {
    const { offered = [], standing = [] } = known.get(service) ?? {};
    const endpoint = offered.find((each) => each.name === end);
    const taken = standing.filter(({ value }) =>
      value.endpoints.some((each) => each.service === service && each.name === end),
    ).length;
    return { taken, limit: endpoint === undefined ? 0 : endpoint.limit };
  };
}

async function unaskedUnits(coordinator: Coordinator, service: string): Promise<readonly string[]> {
  const units = await unitsOfService(coordinator, service);
  const asked = await coordinator.getMany(units.map(paths.removal));
  return units.filter((_, index) => asked[index] === undefined);
}
