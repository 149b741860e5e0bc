import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { paths } from '../../state/model/paths.js';
import type { Service } from '../../state/model/schemas.js';
import { requireService } from '../../state/model/services.js';
import { companyOf } from '../../state/model/subordinates.js';
import { createUnitOperations } from '../../state/model/unit-operations.js';
import { placesFor, UNITS_PER_TRANSACTION } from './add-units.js';

/**
 * Makes the units that a service was deployed with, as far as they are not made. How far that is stands in the service's
 * node, and each transaction that makes some says so there: whoever was interrupted is gone on for by whoever comes next,
 * and of several at once each unit is made by one.
 * @param now ISO instant for the units' first status
 * @throws ServiceNotFound, ServiceDestroying, MachineNotFound, MachineCordoned
 */
export async function makeDeployedUnits(
  coordinator: Coordinator,
  service: string,
  now: string,
): Promise<void> {
  while (await retryOnConflict(`units of ${service}`, () => makeSome(coordinator, service, now)));
}

/** @returns whether some may be left */
async function makeSome(coordinator: Coordinator, service: string, now: string): Promise<boolean> {
  const { value, version } = await requireService(coordinator, service);
  if (value.destroying) throw new ServiceDestroying({ service });
  const { deploying } = value;
  if (deploying === undefined) return false;
  // Read after the service, which changes with every relation that comes.
  const company = await companyOf(coordinator, service);
  const size = Math.max(1, Math.floor(UNITS_PER_TRANSACTION / (1 + company.each)));
  const names = deployedUnits(service, deploying).slice(deploying.made, deploying.made + size);
  const places = await placesFor(coordinator, service, names.length, deploying.machine);
  const principals = names.map((name, index) => ({ name, machine: places.machines[index] ?? null }));
  const change = newChangeId();
  await coordinator.transaction([
    {
      kind: 'set',
      path: paths.service(service),
      value: nodeValue({ ...withMade(value, deploying.made + names.length), change }),
      version,
    },
    ...places.operations,
    ...principals.flatMap((principal) => createUnitOperations({ ...principal, service, change }, now)),
    ...company.operations(principals, change, now),
  ]);
  return true;
}

/** The names of the units that a service was deployed with. */
export function deployedUnits(
  service: string,
  { first, units }: Pick<NonNullable<Service['deploying']>, 'first' | 'units'>,
): readonly string[] {
  return Array.from({ length: units }, (_, index) => `${service}/${first + index}`);
}

function withMade({ deploying, ...service }: Service, made: number): Service {
  if (deploying === undefined || made >= deploying.units) return service;
  return { ...service, deploying: { ...deploying, made } };
}
