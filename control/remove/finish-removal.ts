import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRelation } from '../../state/model/relations.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { clearService } from './destroy-service.js';
import { removeRelation } from './remove-relation.js';

const untold = (): void => undefined;

/**
 * Goes on with the removal of a service whose command may have died after its mark. Units that are asked already stay asked
 * as they are, and nothing more goes on record. A mark of a release that does not say what it asks by is left to its command.
 * @throws NodeInvalid
 */
export async function finishService(coordinator: Coordinator, service: string): Promise<void> {
  const found = await readEntity(coordinator, paths.service(service), serviceSchema);
  if (found?.value.destroying !== true || found.value.removal === undefined) return;
  await clearService(coordinator, service, found.value.removal, untold, 'some');
}

/** The same of a relation, and the subordinates that it placed. @throws NodeInvalid */
export async function finishRelation(coordinator: Coordinator, number: string): Promise<void> {
  const relation = await readRelation(coordinator, number);
  if (relation?.value.removing !== true || relation.value.removal === undefined) return;
  await removeRelation(coordinator, number, relation.value.removal, untold, 'some');
}
