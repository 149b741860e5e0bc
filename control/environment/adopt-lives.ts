import { createHash } from 'node:crypto';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { nodeValue, type Problem, parseSound } from '../../state/model/entity.js';
import type { StepKind } from '../../state/model/level-step.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import { relationSchema } from '../../state/model/relation-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import type * as z from '../../state/platform/zod.js';

/** What all of them have in common. */
interface Made {
  readonly incarnation?: string | undefined;
  /** Of a unit. */
  readonly machine?: string | null;
  readonly change: string;
}

/** Where each kind stands, and how it is read. */
const kinds: Readonly<
  Record<StepKind, { readonly pathOf: (name: string) => string; readonly schema: z.ZodMiniType<Made> }>
> = {
  services: { pathOf: paths.service, schema: serviceSchema },
  relations: { pathOf: paths.relation, schema: relationSchema },
  units: { pathOf: (name) => paths.unit(unitOfNode(name)), schema: unitSchema },
};

/** The operations that give one of them its incarnation. They rest on its node as it was read. */
export interface Adoption {
  readonly name: string;
  readonly operations: readonly Operation[];
}

/**
 * Finds those of these services, relations or units that have no incarnation, as release 0.1.0 made them. Each gets one that
 * follows from what stands there, so that whoever does it, and however often it is begun, the same comes out.
 * @param environment the environment's id
 * @param names of nodes below `/services`, `/relations` or `/units`; those that are gone are left out
 * @param problems gets those that cannot be read: they are left as they are
 */
export async function findAdoptions(
  coordinator: Coordinator,
  environment: string,
  kind: StepKind,
  names: readonly string[],
  problems: Problem[],
): Promise<readonly Adoption[]> {
  const { pathOf, schema } = kinds[kind];
  const nodes = await coordinator.getMany(names.map(pathOf));
  const lacking = names.flatMap((name, index) => {
    const path = pathOf(name);
    const found = parseSound(path, schema, nodes[index], problems);
    if (found === undefined || found.value.incarnation !== undefined) return [];
    return [{ name, path, ...found, incarnation: incarnationFor(environment, path, found.value.change) }];
  });
  const places = lacking.map(({ name, value: { machine } }) =>
    kind === 'units' && typeof machine === 'string'
      ? paths.machineUnit(machine, unitOfNode(name))
      : undefined,
  );
  const placed = await coordinator.getMany(places.filter((place) => place !== undefined));
  const standing = new Map(
    places.filter((place) => place !== undefined).map((place, index) => [place, placed[index]]),
  );
  return lacking.map(({ name, path, value, version, incarnation }, index) => {
    const operations: Operation[] = [
      { kind: 'set', path, value: nodeValue({ ...value, incarnation, adopted: true }), version },
    ];
    if (kind === 'units')
      operations.push({ kind: 'create', path: paths.life(unitOfNode(name), incarnation), value: '{}' });
    const place = places[index];
    const node = place === undefined ? undefined : standing.get(place);
    if (place !== undefined && node !== undefined)
      operations.push({
        kind: 'set',
        path: place,
        value: nodeValue({ incarnation, adopted: true }),
        version: node.version,
      });
    return { name, operations };
  });
}

/** @param change the random id of the command that wrote the node last, by which two lives of a name differ */
function incarnationFor(environment: string, path: string, change: string): string {
  return createHash('sha256').update([environment, path, change].join('\n')).digest('hex').slice(0, 12);
}
