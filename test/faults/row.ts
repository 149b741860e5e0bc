import type { FaultKind } from '../../state/platform/fault-points.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { StageName } from './stages.js';

export type EngineName = 'embedded' | 'zookeeper';

/** One case of the fault table: what is done to a unit, and how it must end. */
export interface Row {
  readonly engine: EngineName;
  /** What the operator asked for when it happened. */
  readonly stage: StageName;
  /** In words, for the table. */
  readonly fault: string;
  /** The fault point, or where else it happens. */
  readonly where: string;
  readonly often: 'once' | 'always';
  /** The states in which the unit comes to rest; between two of them an operator does what the first one's message says. */
  readonly states: readonly WorkflowState[];
  /** A state in which it may come to rest on the way, as it depends on which of two processes is faster. */
  readonly mayRestIn?: WorkflowState;
  /** The relation comes to rest in error, and an operator has its hook run again: surely, or as `mayRestIn`. */
  readonly relationRests?: 'surely' | 'perhaps';
  /** The upgrade cannot be made ready, and an operator asks once more; meanwhile the unit runs what it had. */
  readonly asksAgain?: boolean;
  /** The runs of its hooks, in order; `#2` marks a second attempt. */
  readonly hooks: readonly string[];
  /** The formula its directory holds in the end, and the one the tree says it runs; null where the unit is gone. */
  readonly disk: string | null;
  readonly tree: string | null;
}

/** A row whose fault is one of the agent's own fault points. */
export interface PointRow extends Row {
  readonly kind: FaultKind;
}

/** The row's name, which is unique: what a test is called and how it is chosen (`--grep`). */
export function nameOf({ engine, stage, fault, where, often }: Row): string {
  return `${stage}: ${fault}, ${where}${often === 'always' ? ', always' : ''} (${engine})`;
}
