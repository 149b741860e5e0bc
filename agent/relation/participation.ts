import type { Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { meetingOperations, removeMeetingIfEmpty } from '../../state/model/relations.js';
import { removeRelationIfLeft } from '../../state/model/removal.js';
import { relationSchema } from '../../state/model/schemas.js';
import { betweenFaults } from '../fault-points.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../parts.js';

/**
 * Takes part in a relation: the unit's settings first, with its address, and its presence after that, so that whoever
 * sees the unit finds its settings. May be done again: what stands is kept. A relation that is being removed is not
 * joined.
 */
export async function takePart(
  { coordinator, writer, addresses, machine }: AgentParts,
  record: RelationRecord,
): Promise<void> {
  const { unit, relation, meeting } = record;
  const build = async (): Promise<readonly Operation[]> => {
    const node = await readEntity(coordinator, paths.relation(relation), relationSchema);
    if (node === undefined || node.value.removing === true) return [];
    // A unit that was removed by force may not have heard of it yet.
    const placement = paths.machineUnit(machine, unit);
    if ((await coordinator.get(placement)) === undefined) return [];
    const stands = async (path: string): Promise<boolean> => (await coordinator.get(path)) !== undefined;
    const create = async (path: string, value: string, ephemeral = false): Promise<readonly Operation[]> =>
      (await stands(path)) ? [] : [{ kind: 'create', path, value, ephemeral }];
    const place = await create(meeting, '{}');
    const operations = [
      ...place,
      ...(place.length > 0 ? meetingOperations(meeting) : []),
      ...(await create(paths.settings(meeting, unit), nodeValue({ 'private-address': addresses.private }))),
      ...(await create(paths.member(meeting, unit), '{}', true)),
    ];
    if (operations.length === 0) return [];
    return [
      { kind: 'check', path: paths.relation(relation), version: node.version },
      { kind: 'check', path: placement },
      ...operations,
    ];
  };
  await betweenFaults('relation.join', () => writer.write(build));
}

/** The others see the unit depart; its settings stay for as long as its own hooks may read them. */
export async function withdraw(
  { coordinator }: AgentParts,
  { meeting, unit }: RelationRecord,
): Promise<void> {
  await betweenFaults('relation.withdraw', () =>
    removeIfThere(() => coordinator.remove(paths.member(meeting, unit))),
  );
}

/** Leaves nothing of the unit in the relation; whoever leaves last a relation that is going removes it. */
export async function leaveForGood({ coordinator }: AgentParts, record: RelationRecord): Promise<void> {
  await removeIfThere(() => coordinator.remove(paths.member(record.meeting, record.unit)));
  await removeIfThere(() => coordinator.remove(paths.settings(record.meeting, record.unit)));
  await removeMeetingIfEmpty(coordinator, record.relation, record.meeting);
  await betweenFaults('relation.leave', () => removeRelationIfLeft(coordinator, record.relation));
}

async function removeIfThere(remove: () => Promise<void>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    if (!(error instanceof NodeNotFound)) throw error;
  }
}
