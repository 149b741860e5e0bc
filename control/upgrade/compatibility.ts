import { type UnusedValue, unusedValues } from '../../state/formula/config-values.js';
import type { Formula } from '../../state/formula/formula.js';
import { type RelationFault, relationFaults } from '../relate/relation-faults.js';
import { type RelationNode, relationsOfService } from '../../state/model/relations.js';
import type { Service } from '../../state/model/service-schemas.js';
import { readConfigValues } from '../../state/model/services.js';
import { RelationsInUse, SubordinateChanged } from '../errors.js';
import type { Session } from '../session.js';

/** The parts of a service that a new formula does not fit. */
export interface Misfits {
  readonly relations: readonly RelationFault[];
  /** Set values that it does not use; they are kept, for a later revision may. */
  readonly config: readonly UnusedValue[];
}

/** Looks for what of a service the formula does not fit. @throws SubordinateChanged, which nothing can force */
export async function misfitsOf(
  { coordinator }: Session,
  name: string,
  service: Service,
  id: string,
  { metadata, config }: Formula,
): Promise<Misfits> {
  checkSubordinate(name, service, id, metadata.subordinate);
  const [relations, values] = await Promise.all([
    relationsOfService(coordinator, name),
    readConfigValues(coordinator, name),
  ]);
  return { relations: relationFaults(name, relations, metadata), config: unusedValues(config, values) };
}

/** The same check as it is made in the moment when the service is set. @throws SubordinateChanged, RelationsInUse */
export function checkFit(
  name: string,
  service: Service,
  relations: readonly RelationNode[],
  id: string,
  { metadata }: Formula,
  force: boolean,
): void {
  checkSubordinate(name, service, id, metadata.subordinate);
  const faults = relationFaults(name, relations, metadata);
  if (faults.length > 0 && !force) throw new RelationsInUse({ service: name, formula: id, faults });
}

function checkSubordinate(name: string, service: Service, id: string, subordinate: boolean): void {
  if (subordinate !== (service.subordinate ?? false))
    throw new SubordinateChanged({ service: name, formula: id, subordinate });
}
