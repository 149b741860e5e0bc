import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { EndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { markRelationRemoving, readRelation } from '../../state/model/relations.js';
import { askToGo, removeRelationIfLeft } from '../../state/model/removal.js';
import type { KeptAnyway } from '../../state/model/removal-request.js';
import type { Requester } from '../../state/model/requester.js';
import type { Relation } from '../../state/model/relation-schemas.js';
import type { Removal } from '../../state/model/request-schemas.js';
import { unitsPlacedBy } from '../../state/model/subordinates.js';
import { findRelation } from '../relate/find-relation.js';
import type { Session } from '../session.js';

/**
 * Marks a relation as going; the last unit to leave removes it, and one that no unit ever joined is gone at once. The
 * subordinate units that it placed are asked to stop and go.
 * @param told of each of them whose directory is kept although this request did not ask for it
 * @param asked `some`: whoever marked it may have asked some of them, which stay asked as they are
 */
export async function removeRelation(
  coordinator: Coordinator,
  number: string,
  removal: Removal,
  told: KeptAnyway = () => undefined,
  asked: 'none' | 'some' = 'none',
): Promise<void> {
  await markRelationRemoving(coordinator, number, removal);
  // Read after the mark: a unit that was just being added has its subordinate by now, or will get none.
  const relation = await readRelation(coordinator, number);
  if (relation !== undefined)
    await askToGo(coordinator, await unitsPlacedBy(coordinator, relation), removal, told, asked);
  await removeRelationIfLeft(coordinator, number);
}

/**
 * Ends the relation that two names mean; its units leave it by their hooks.
 * @param told of each subordinate unit whose directory is kept although this request did not ask for it
 * @returns the relation's endpoints, and whether it is gone already
 * @throws ServiceNotFound, RelationNotFound, RelationsAmbiguous
 */
export async function endRelation(
  { coordinator }: Pick<Session, 'coordinator'>,
  { names, by }: { readonly names: readonly [EndpointName, EndpointName]; readonly by: Requester },
  told: KeptAnyway,
): Promise<{ readonly endpoints: Relation['endpoints']; readonly isGone: boolean }> {
  const { number, value } = await findRelation(coordinator, names);
  await removeRelation(coordinator, number, { ...by }, told);
  return {
    endpoints: value.endpoints,
    isGone: (await coordinator.get(paths.relation(number))) === undefined,
  };
}
