import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';

/** Where a driver of rollouts writes. */
export interface Performing {
  readonly coordinator: Coordinator;
  /** What each write of a leader carries besides; nothing for a command. */
  readonly guard?: Operation;
}
