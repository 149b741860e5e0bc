import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { UnitRecord } from '../journal/record.js';

/** A unit and what the journal holds of it. */
export interface RecordedUnit {
  readonly name: string;
  record(): UnitRecord;
  /** Changes the record, to be journalled with the next write. */
  note(change: Partial<UnitRecord>): void;
  /** Journals changes of the record. */
  save(change: Partial<UnitRecord>): Promise<void>;
}

/** The same, for what takes the unit into another state of its workflow. */
export interface MovingUnit extends RecordedUnit {
  /** Journals that the unit is in this state, before anything is done in it. */
  enter(state: WorkflowState, change?: Partial<UnitRecord>): Promise<void>;
  /** The same, to be journalled with the next write. */
  noteState(state: WorkflowState, change?: Partial<UnitRecord>): void;
}
