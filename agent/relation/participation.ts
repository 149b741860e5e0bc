import type { Operation } from '../../state/coordination/coordinator.js';
import { unlessGone } from '../../state/coordination/unless-gone.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { checkLife, isOfLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import { meetingOperations, removeMeetingIfEmpty } from '../../state/model/relations.js';
import { removeRelationIfLeft } from '../../state/model/removal.js';
import { placementSchema } from '../../state/model/machine-schemas.js';
import { relationSchema } from '../../state/model/relation-schemas.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../machine/parts.js';
import { firstSettings } from './address-setting.js';

/** The unit that takes part, as far as it tells its own nodes from those of another life of its name. */
export type Participant = Pick<UnitRecord, 'incarnation' | 'evicted'>;

/**
 * Takes part in a relation: the unit's settings first, with its address, and its presence after that, so that whoever
 * sees the unit finds its settings. May be done again: what stands is kept. A relation that is being removed is not
 * joined, nor does a unit join that the tree does not know any more.
 */
export async function takePart(
  { coordinator, writer, machine }: Pick<AgentParts, 'coordinator' | 'machine' | 'writer'>,
  record: RelationRecord,
  { incarnation, evicted }: Participant,
): Promise<void> {
  const { unit, relation, meeting, addresses = [] } = record;
  const build = async (): Promise<readonly Operation[]> => {
    const node = await readEntity(coordinator, paths.relation(relation), relationSchema);
    if (node === undefined || node.value.removing === true || evicted !== undefined) return [];
    // A unit that was removed by force may not have heard of it yet.
    const placement = paths.machineUnit(machine, unit);
    const placed = await readEntity(coordinator, placement, placementSchema);
    if (placed === undefined) return [];
    if (placed.value.incarnation !== undefined && !isOfLife(incarnation, placed.value)) return [];
    const stands = async (path: string): Promise<boolean> => (await coordinator.get(path)) !== undefined;
    const create = async (path: string, value: string, ephemeral = false): Promise<readonly Operation[]> =>
      (await stands(path)) ? [] : [{ kind: 'create', path, value, ephemeral }];
    const place = await create(meeting, '{}');
    const operations = [
      ...place,
      ...(place.length > 0 ? meetingOperations(meeting) : []),
      ...(await create(paths.settings(meeting, unit), nodeValue(firstSettings(addresses)))),
      ...(await create(paths.member(meeting, unit), nodeValue({ incarnation }), true)),
    ];
    if (operations.length === 0) return [];
    return [
      { kind: 'check', path: paths.relation(relation), version: node.version },
      { kind: 'check', path: placement },
      ...checkLife(unit, incarnation),
      ...operations,
    ];
  };
  await betweenFaults('relation.join', () => writer.write(build));
}

/** The others see the unit depart; its settings stay for as long as its own hooks may read them. */
export async function withdraw(
  parts: Pick<AgentParts, 'coordinator'>,
  record: RelationRecord,
  participant: Participant,
): Promise<void> {
  await betweenFaults('relation.withdraw', () => removePresence(parts, record, participant));
}

/** Leaves nothing of the unit in the relation; whoever leaves last a relation that is going removes it. */
export async function leaveForGood(
  parts: Pick<AgentParts, 'coordinator'>,
  record: RelationRecord,
  participant: Participant,
): Promise<void> {
  const { coordinator } = parts;
  const { unit, relation, meeting } = record;
  await removePresence(parts, record, participant);
  // The operator who took the unit out of the tree took its settings too; settings that stand are another unit's.
  if (participant.evicted === undefined)
    await removeOwn(parts, unit, paths.settings(meeting, unit), participant);
  await removeMeetingIfEmpty(coordinator, relation, meeting);
  await betweenFaults('relation.leave', () => removeRelationIfLeft(coordinator, relation));
}

/**
 * Removes the unit's presence, and not that of another life of its name, which may be in the relation, or in another one
 * of its number. One whose agent lost its session may have it made again after the unit is out of the tree.
 */
async function removePresence(
  parts: Pick<AgentParts, 'coordinator'>,
  { unit, meeting }: RelationRecord,
  participant: Participant,
): Promise<void> {
  const { incarnation, evicted } = participant;
  const path = paths.member(meeting, unit);
  if (evicted === undefined) return removeOwn(parts, unit, path, participant);
  const presence = await readEntity(parts.coordinator, path, placementSchema);
  if (presence === undefined || presence.value.incarnation !== incarnation) return;
  await unlessGone(() => parts.coordinator.remove(path, presence.version));
}

/** Removes a node that is the unit's as long as the tree knows the unit. */
async function removeOwn(
  { coordinator }: Pick<AgentParts, 'coordinator'>,
  unit: string,
  path: string,
  { incarnation }: Participant,
): Promise<void> {
  await unlessGone(() =>
    coordinator.transaction([...checkLife(unit, incarnation), { kind: 'remove', path }]),
  );
}
