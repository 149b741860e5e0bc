import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { Advice } from '../contract/failure-advice.js';
import { shortened } from '../contract/shortened.js';
import { waitingFacts, waitingSentence } from '../hook-runs/waiting.js';

/**
 * The facts for observers about the relations of a unit in `state`; they are paused while the unit itself is.
 * @param troubles the reasons why the unit cannot take part or leave, by the relation's number
 */
export function relationFacts(
  records: readonly RelationRecord[],
  state: WorkflowState,
  troubles: ReadonlyMap<string, Advice> = new Map(),
): NonNullable<UnitStatus['relations']> {
  const running = state === 'started' || state === 'configuring' || state === 'stopping';
  return Object.fromEntries(
    records.map((record) => {
      const { relation, identifier, remoteService, error, retry } = record;
      const trouble = errorOf(record) ?? troubles.get(relation);
      const said = trouble ?? waitOf(record);
      const up = running && trouble === undefined;
      return [
        identifier,
        {
          state: error !== null ? ('error' as const) : up ? ('up' as const) : ('down' as const),
          services: [remoteService],
          ...(said !== undefined && { message: shortened(said.message) }),
          ...(said?.next !== undefined && { brief: shortened(said.brief), next: shortened(said.next) }),
          ...(retry && { waiting: waitingFacts(retry) }),
        },
      ];
    }),
  );
}

/** Records of earlier releases say all of it in one sentence. */
function errorOf({ error, brief, next }: RelationRecord): Advice | undefined {
  return error === null ? undefined : { message: error, brief: brief ?? error, next: next ?? undefined };
}

function waitOf({ retry, unit, identifier }: RelationRecord): Advice | undefined {
  if (!retry) return undefined;
  const [brief, next] = [waitingSentence(retry), `ensemble resolved --retry ${unit} ${identifier}`];
  return { message: `${brief}; at once by: ${next}`, brief, next };
}
