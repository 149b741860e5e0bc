import type { UnitStatus } from '../../state/model/schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { RelationRecord } from '../journal/relation-record.js';
import { shortened } from '../contract/shortened.js';
import { waitingFacts, waitingSentence } from '../hook-runs/waiting.js';

/**
 * What observers are told of the relations of a unit in `state`; they are paused while the unit itself is.
 * @param troubles what keeps the unit from taking part or from leaving, by the relation's number
 */
export function relationFacts(
  records: readonly RelationRecord[],
  state: WorkflowState,
  troubles: ReadonlyMap<string, string> = new Map(),
): NonNullable<UnitStatus['relations']> {
  const running = state === 'started' || state === 'configuring' || state === 'stopping';
  return Object.fromEntries(
    records.map(({ unit, relation, identifier, remoteService, error, retry }) => {
      const wait =
        retry && `${waitingSentence(retry)}; at once by: ensemble resolved --retry ${unit} ${identifier}`;
      const trouble = error ?? troubles.get(relation);
      const message = trouble ?? wait ?? undefined;
      const up = running && trouble === undefined;
      return [
        identifier,
        {
          state: error !== null ? ('error' as const) : up ? ('up' as const) : ('down' as const),
          services: [remoteService],
          ...(message !== undefined && { message: shortened(message) }),
          ...(retry && { waiting: waitingFacts(retry) }),
        },
      ];
    }),
  );
}
