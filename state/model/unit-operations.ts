import type { Operation } from '../coordination/coordinator.js';
import { nodeValue } from './entity.js';
import { newIncarnation } from './incarnation.js';
import { paths } from './paths.js';
import type { Unit, UnitStatus } from './unit-schemas.js';

/** A unit that is about to be created; `machine` is null where it has to wait for one. */
export interface NewUnit extends Pick<Unit, 'service' | 'machine' | 'principal' | 'change'> {
  readonly name: string;
}

/** The operations that create the nodes of one unit, for a life of its own. @param now ISO instant for its first status */
export function createUnitOperations(
  { name, service, machine, principal, change }: NewUnit,
  now: string,
): readonly Operation[] {
  const incarnation = newIncarnation();
  const unit: Unit = {
    service,
    machine,
    formula: null,
    ports: [],
    ...(principal !== undefined && { principal }),
    incarnation,
    change,
  };
  const status: UnitStatus = { state: 'pending', since: now, message: '' };
  return [
    { kind: 'create', path: paths.unit(name), value: nodeValue(unit) },
    { kind: 'create', path: paths.life(name, incarnation), value: '{}' },
    { kind: 'create', path: paths.status(name), value: nodeValue(status) },
    { kind: 'create', path: paths.serviceUnit(service, name), value: '{}' },
    machine === null
      ? { kind: 'create', path: paths.unplacedUnit(name), value: '{}' }
      : placeOperation(name, machine, incarnation),
  ];
}

/** The operation that puts a life of a unit on a machine, whose agent sees it there. */
export function placeOperation(unit: string, machine: string, incarnation: string | undefined): Operation {
  return { kind: 'create', path: paths.machineUnit(machine, unit), value: nodeValue({ incarnation }) };
}
