import { parseFormulaId } from '../../../state/formula/formula-id.js';
import { paths, unitOfNode } from '../../../state/model/paths.js';
import { readSnapshot, type ServiceState } from '../../../control/status/snapshot.js';
import type { World } from '../../agent/world.js';
import type { ServiceName } from './formulas.js';

/** A relation with those who stand in it, by where they meet. */
export interface Meeting {
  readonly id: string;
  /** Of container scope: the unit that another one is beside. */
  readonly principal: string | undefined;
  readonly members: readonly string[];
  /** Texts by unit. */
  readonly settings: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** What the state says, read by nobody's way but its nodes'. */
export interface Tree {
  readonly services: ReadonlyMap<ServiceName, ServiceState>;
  /** Machines whose agents are up. */
  readonly up: ReadonlySet<string>;
  readonly relations: readonly string[];
  readonly meetings: readonly Meeting[];
  /** The names of nodes below each unit. */
  readonly unitNodes: ReadonlyMap<string, readonly string[]>;
  readonly hosted: ReadonlyMap<string, readonly string[]>;
  readonly unplaced: readonly string[];
}

export async function readTree({ coordinator }: World): Promise<Tree> {
  const childrenOf = async (path: string): Promise<readonly string[]> =>
    (await coordinator.children(path)) ?? [];
  const byName = async <T>(
    names: readonly string[],
    read: (name: string) => Promise<T>,
  ): Promise<Map<string, T>> =>
    new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));

  const meeting = async (id: string, principal: string | undefined): Promise<Meeting> => {
    const path = paths.meeting(id, principal);
    const standing = await childrenOf(paths.allSettings(path));
    const values = await Promise.all(
      standing.map((node) => coordinator.get(`${paths.allSettings(path)}/${node}`)),
    );
    return {
      id,
      principal,
      members: (await childrenOf(paths.members(path))).map(unitOfNode),
      settings: new Map(
        standing.map((node, index) => [unitOfNode(node), JSON.parse(values[index]?.value ?? '{}')] as const),
      ),
    };
  };
  const snapshot = await readSnapshot(coordinator);
  const relations = await childrenOf(paths.relations);
  const meetings = await Promise.all(
    relations.map(async (id) => {
      const below = await childrenOf(paths.relation(id));
      const principals = below.filter((name) => name !== 'settings' && name !== 'members').map(unitOfNode);
      return Promise.all([undefined, ...principals].map((principal) => meeting(id, principal)));
    }),
  );
  const machines = await childrenOf(paths.machines);
  const units = (await childrenOf(paths.units)).map(unitOfNode);
  return {
    services: new Map(snapshot.services.map((service) => [service.name as ServiceName, service])),
    up: new Set(snapshot.machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name)),
    relations,
    meetings: meetings.flat(),
    unitNodes: await byName(units, (unit) => childrenOf(paths.unit(unit))),
    hosted: await byName(machines, async (machine) =>
      (await childrenOf(paths.machineUnits(machine))).map(unitOfNode),
    ),
    unplaced: (await childrenOf(paths.unplaced)).map(unitOfNode),
  };
}

/** The revision in `world:web-3`. */
export function revisionOf(formula: string): number {
  return parseFormulaId(formula).revision;
}

/** The unit's principal, where it is placed beside one. */
export function principalOf(tree: Tree, unit: string): string | undefined {
  const service = unit.slice(0, unit.indexOf('/')) as ServiceName;
  return tree.services.get(service)?.units.find(({ name }) => name === unit)?.unit.principal;
}

/** Units that are placed beside one of these. */
export function besideOf(tree: Tree, units: readonly string[]): readonly string[] {
  return [...tree.services.values()]
    .flatMap((service) => service.units)
    .filter(({ unit }) => unit.principal !== undefined && units.includes(unit.principal))
    .map(({ name }) => name);
}
