import type { Coordinator, Node } from '../../state/coordination/coordinator.js';
import { nodeValue, parseEntity, readEntity } from '../../state/model/entity.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { newIncarnation } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { placementSchema } from '../../state/model/machine-schemas.js';
import { statusSchema, unitSchema } from '../../state/model/unit-schemas.js';
import type { TreeWriter } from './tree-writer.js';
import type { Life } from './watch-requests.js';

/**
 * Which lives of these names the tree has on a machine; names that it does not have there are left out. A node that is
 * damaged, or of release 0.1.0, leaves the incarnation unknown.
 */
export async function placedLives(
  coordinator: Coordinator,
  machine: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, Life>> {
  const placements = await coordinator.getMany(names.map((name) => paths.machineUnit(machine, name)));
  const lives = new Map<string, Life>();
  for (const [index, unit] of names.entries()) {
    const node = placements[index];
    if (node !== undefined) lives.set(unit, lifeIn(unit, node));
  }
  // An agent of release 0.1.0 places units without saying which life it is.
  const silent = [...lives.values()].filter(({ incarnation }) => incarnation === undefined);
  const nodes = await coordinator.getMany(silent.map(({ unit }) => paths.unit(unit)));
  for (const [index, { unit }] of silent.entries()) lives.set(unit, lifeIn(unit, nodes[index]));
  return lives;
}

function lifeIn(unit: string, node: Node | undefined): Life {
  try {
    const { incarnation, adopted } = parseEntity('', placementSchema, node)?.value ?? {};
    return { unit, incarnation, ...(adopted === true && { adopted }) };
  } catch {
    return { unit, incarnation: undefined };
  }
}

/** True if an agent has told of the unit since it was made; its words may be illegible. */
export async function hasBegun(coordinator: Coordinator, unit: string): Promise<boolean> {
  try {
    const status = await readEntity(coordinator, paths.status(unit), statusSchema);
    return status !== undefined && status.value.state !== 'pending';
  } catch (error) {
    if (error instanceof NodeInvalid) return true;
    throw error;
  }
}

/**
 * Gives an incarnation to a unit that release 0.1.0 made, so that it is told from the next one of its name.
 * @returns the one it has now; undefined where the unit is gone
 */
export async function adoptLife(
  coordinator: Coordinator,
  writer: TreeWriter,
  machine: string,
  unit: string,
): Promise<string | undefined> {
  const fresh = newIncarnation();
  let incarnation: string | undefined;
  await writer.write(async () => {
    const node = await readEntity(coordinator, paths.unit(unit), unitSchema);
    incarnation = node && (node.value.incarnation ?? fresh);
    if (node === undefined || node.value.incarnation !== undefined || node.value.machine !== machine)
      return [];
    return [
      {
        kind: 'set',
        path: paths.unit(unit),
        value: nodeValue({ ...node.value, incarnation: fresh }),
        version: node.version,
      },
      { kind: 'create', path: paths.life(unit, fresh), value: '{}' },
      { kind: 'set', path: paths.machineUnit(machine, unit), value: nodeValue({ incarnation: fresh }) },
    ];
  });
  return incarnation;
}
