import { createHash } from 'node:crypto';
import { readTree } from '../../../control/export/read-tree.js';
import type { Coordinator, Operation } from '../../../state/coordination/coordinator.js';
import { nodeValue } from '../../../state/model/entity.js';
import { readable } from '../../../state/model/layout-known.js';
import { paths } from '../../../state/model/paths.js';

/** How many there are of each. */
export interface OldTree {
  readonly services: number;
  readonly relations: number;
  /** Of each service; the last one of each has no machine yet. */
  readonly units: number;
}

/** The layout that release 0.1.0 writes, with the id that an agent after it gives it. */
export const oldLayout = { level: 1, sublevel: 0, minReader: 1, environment: 'e' } as const;

const since = '2026-01-01T00:00:00.000Z';

/** Adds services, relations and units as release 0.1.0 makes them to a tree, on a machine `m0` whose agent is of this release, and has it say so. */
export async function makeOldTree(
  coordinator: Coordinator,
  { services, relations, units }: OldTree,
): Promise<void> {
  const create = (path: string, value: object = {}): Operation => ({
    kind: 'create',
    path,
    value: nodeValue(value),
  });
  await coordinator.transaction([
    create(paths.machine('m0'), { hostname: 'm0', ...readable() }),
    create(paths.machineUnits('m0')),
  ]);
  for (let number = 0; number < services; number += 1) {
    const service = `s${number}`;
    const own = {
      formula: 'principia:f-1',
      repository: { name: 'principia', path: '/principia' },
      nextUnit: units,
      later: 'kept',
      change: `service-${number}`,
    };
    const operations = [
      create(paths.service(service), own),
      create(paths.config(service), { title: 'x' }),
      create(paths.serviceUnits(service)),
      create(paths.serviceRelations(service)),
    ];
    for (let index = 0; index < units; index += 1) {
      const unit = `${service}/${index}`;
      const machine = index < units - 1 ? 'm0' : null;
      operations.push(
        create(paths.unit(unit), { service, machine, formula: 'principia:f-1', ports: [], change: unit }),
        create(paths.status(unit), { state: 'started', since }),
        create(paths.serviceUnit(service, unit)),
        machine === null ? create(paths.unplacedUnit(unit)) : create(paths.machineUnit(machine, unit)),
      );
    }
    await coordinator.transaction(operations);
  }
  for (let number = 0; number < relations; number += 1) {
    const relation = `${number}`;
    const own = { name: 'ring', role: 'peer', interface: 'ring', service: 's0' };
    await coordinator.transaction([
      create(paths.relation(relation), { endpoints: [own], scope: 'global', change: `relation-${number}` }),
      create(paths.serviceRelation('s0', relation)),
    ]);
  }
  await coordinator.set(paths.layout, nodeValue(oldLayout));
}

/** A digest of all that stands there, but for the history, of which each entry is another one. */
export async function treeDigest(coordinator: Coordinator): Promise<string> {
  const hash = createHash('sha256');
  for (const [path, { value }] of await readTree(coordinator))
    if (!path.startsWith(paths.history)) hash.update(`${path} ${value}\n`);
  return hash.digest('hex');
}
