import { hasEndpoint } from '../../state/model/endpoints.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { relationId } from '../../state/model/relations.js';
import type { Relation } from '../../state/model/relation-schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { FormulaEndpoint } from '../machine/formulas.js';
import type { UnitRecord } from '../journal/record.js';
import { newRelationRecord, type RelationRecord } from '../journal/relation-record.js';
import type { RelationView } from '../tree/relations.js';

/** States in which a unit has not come far enough to meet others, or is on its way out. */
const NOT_MEETING: readonly WorkflowState[] = [
  'pending',
  'installing',
  'install-error',
  'starting',
  'start-error',
  'stopping',
  'stop-error',
  'stopped',
  'removed',
];

/** True if a unit in this state joins relations. */
export function meetsOthers(state: WorkflowState): boolean {
  return !NOT_MEETING.includes(state);
}

/**
 * True if a unit takes part in relations of an endpoint: its own formula has it, whatever its service's says. From
 * the time on when it leaves relations for an upgrade, and until that is committed, the other formula must have it
 * too. Undefined while one of the formulas is not known.
 * @param endpointsOf the endpoints of a formula, if it is known
 */
export function takesPart(
  { formula, upgrade, leavingFor }: Pick<UnitRecord, 'formula' | 'upgrade' | 'leavingFor'>,
  endpoint: FormulaEndpoint,
  endpointsOf: (formulaId: string, sha256?: string) => readonly FormulaEndpoint[] | undefined,
): boolean | undefined {
  if (formula === null) return undefined;
  const underWay = upgrade === null || upgrade.step === 'resuming' ? [] : [upgrade.from, upgrade.to];
  const leftFor = typeof leavingFor === 'string' ? { id: leavingFor, sha256: undefined } : null;
  const have = [formula, ...underWay, leftFor].map((one) => {
    if (one === null) return true;
    const endpoints = endpointsOf(one.id, one.sha256);
    return endpoints && hasEndpoint(endpoints, endpoint);
  });
  if (have.includes(false)) return false;
  return have.includes(undefined) ? undefined : true;
}

/**
 * True if the record is of this relation. Numbers begin again when an environment is made anew. A record of release
 * 0.1.0 does not know which it is of, and a living unit's cannot be of another one.
 */
export function isOf({ incarnation }: RelationRecord, relation: Pick<Relation, 'incarnation'>): boolean {
  return incarnation === undefined || incarnation === relation.incarnation;
}

/**
 * The record of a relation that a unit is to join; undefined where it has no part in it, or none yet.
 * @param principal the unit this one was placed beside; null where it is no subordinate, undefined while not known
 */
export function recordOf(
  unit: string,
  principal: string | null | undefined,
  { number, relation }: RelationView,
): RelationRecord | undefined {
  const service = serviceOfUnit(unit);
  const own = relation.endpoints.find((endpoint) => endpoint.service === service);
  if (own === undefined) return undefined;
  const remote = relation.endpoints.find((endpoint) => endpoint.service !== service) ?? own;
  const meeting = meetingOf(unit, principal, number, relation, remote.service);
  if (meeting === undefined) return undefined;
  return newRelationRecord({
    unit,
    relation: number,
    ...(relation.incarnation !== undefined && { incarnation: relation.incarnation }),
    identifier: relationId(relation, number, service),
    name: own.name,
    role: own.role,
    interface: own.interface,
    remoteService: remote.service,
    meeting,
  });
}

/**
 * Where the unit meets the others. In container scope a subordinate meets its own principal; it takes no part where
 * another service's units are the principals, nor before its principal is known.
 * @param remote the service on the other side
 */
function meetingOf(
  unit: string,
  principal: string | null | undefined,
  number: string,
  { scope, subordinate }: RelationView['relation'],
  remote: string,
): string | undefined {
  if (scope === 'global') return paths.meeting(number);
  if (serviceOfUnit(unit) !== subordinate) return paths.meeting(number, unit);
  return principal && serviceOfUnit(principal) === remote ? paths.meeting(number, principal) : undefined;
}

/**
 * True if the record is of a relation in which the unit has no part, as agents of release 0.1.0 made them: a
 * subordinate was in all the relations of container scope of its service. Nobody was ever there, so no hook may tell
 * of it.
 */
export function hasNoPart(
  { relation, meeting, remoteService, queue }: RelationRecord,
  principal: string | null | undefined,
): boolean {
  if (typeof principal !== 'string' || meeting !== paths.meeting(relation, principal)) return false;
  return serviceOfUnit(principal) !== remoteService && queue.delivered.length === 0 && !queue.begun;
}
