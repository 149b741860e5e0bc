import type { UnitStatus } from '../../state/model/schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { RelationRecord } from '../journal/relation-record.js';

/** What observers are told of the relations of a unit in `state`; they are paused while the unit itself is. */
export function relationFacts(
  records: readonly RelationRecord[],
  state: WorkflowState,
): NonNullable<UnitStatus['relations']> {
  const running = state === 'started' || state === 'configuring' || state === 'stopping';
  return Object.fromEntries(
    records.map(({ identifier, remoteService, error }) => [
      identifier,
      {
        state: error !== null ? ('error' as const) : running ? ('up' as const) : ('down' as const),
        services: [remoteService],
        ...(error !== null && { message: error }),
      },
    ]),
  );
}
