import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import type { Metadata } from '../../state/formula/metadata.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { takeUpFormula } from '../../state/model/formulas.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { recordOperations } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { peerChanges } from '../../state/model/peers.js';
import { type RelationNode, relationsOfService } from '../../state/model/relations.js';
import { removeRelationIfLeft } from '../../state/model/removal.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService } from '../../state/model/services.js';

/**
 * Sets a service to another formula, which is published, and its peer relations to those of that formula, in one
 * transaction.
 * @param edit gives the service as it shall be, or undefined to leave it; run again on a conflict. It also gets the
 *   relations that stand: none can come or go unseen before the transaction is through, and its errors end the call
 * @param asked goes on the service's record in that transaction, with the formulas that it goes from and to
 * @param accept gets what the formula says of itself, and the relations; its errors end the call too
 * @param also gives what is written in that transaction besides; it is asked again on a conflict, and its errors end the call
 * @throws ServiceNotFound, FormulaNotPublished, whatever `edit`, `accept` and `also` throw
 */
export async function setFormula(
  coordinator: Coordinator,
  name: string,
  edit: (
    service: Service,
    relations: readonly RelationNode[],
  ) => Service | undefined | Promise<Service | undefined>,
  asked: HistoryEntry,
  accept: (metadata: Metadata, relations: readonly RelationNode[]) => void = () => undefined,
  also: (metadata: Metadata) => Promise<readonly Operation[]> = async () => [],
): Promise<void> {
  const change = newChangeId();
  let dropped: readonly string[] = [];
  const gone = await retryOnConflict(`service ${name}`, async () => {
    // The service is asked for first, so that a relation that comes after its answer makes another version of it.
    const [{ value, version }, relations] = await Promise.all([
      requireService(coordinator, name),
      relationsOfService(coordinator, name),
    ]);
    // An earlier try went through, though its answer was lost.
    if (value.change === change) return dropped;
    const next = await edit(value, relations);
    if (next === undefined) return [];
    const isNews = next.formula !== value.formula;
    const entry = isNews ? { ...asked, from: value.formula, to: next.formula } : undefined;
    const [{ metadata, operation }, record] = await Promise.all([
      takeUpFormula(coordinator, next.formula),
      recordOperations(coordinator, [name], entry),
    ]);
    accept(metadata, relations);
    const peers = await peerChanges(coordinator, name, metadata, relations, change);
    dropped = peers.dropped;
    const besides = await also(metadata);
    await coordinator.transaction([
      { kind: 'set', path: paths.service(name), value: nodeValue({ ...next, change }), version },
      // It is taken up: what is taken up already is not pruned.
      ...(isNews ? [operation] : []),
      ...peers.operations,
      ...record,
      ...besides,
    ]);
    return dropped;
  });
  await Promise.all(gone.map((id) => removeRelationIfLeft(coordinator, id)));
}
