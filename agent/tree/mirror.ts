import { type Clock, systemClock, type Timer } from '../../state/clock.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { nodeValue } from '../../state/model/entity.js';
import type { HistoryEntry } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import type { Unit, UnitStatus } from '../../state/model/schemas.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { Log } from '../log.js';
import type { TreeWriter } from './tree-writer.js';

/** Milliseconds that a unit must have been at something for observers to be told; that it came to rest is told at once. */
const PASSING = 100;

/** What observers are told of a unit. */
export interface UnitFacts {
  readonly unit: Unit;
  readonly status: UnitStatus;
  /** The whole of what is kept, once there is something that the tree does not say. */
  readonly history?: readonly HistoryEntry[];
}

/**
 * Mirrors one unit's facts into the tree (DESIGN §3.3). Only the last facts count: those that change faster than the
 * tree takes them are never written, and nothing is written twice.
 */
export interface Mirror {
  /** Makes the tree say so, soon: a step that is over by then is never told of. */
  report(facts: UnitFacts): void;
  /**
   * Makes the tree say so in a transaction that does more than mirror. Older facts are not written beside it: in the
   * same transaction they would come after these, and stay.
   * @param write is given the operations that make the tree say so, and resolves when they are through
   */
  include(facts: UnitFacts, write: (operations: readonly Operation[]) => Promise<void>): Promise<void>;
  close(): void;
}

interface Texts {
  readonly facts: UnitFacts;
  readonly unit: string;
  readonly status: string;
  readonly history: string | undefined;
}

/** @param told called with what went through */
export function mirrorUnit(
  name: string,
  writer: TreeWriter,
  log: Log,
  told: (facts: UnitFacts) => void = () => undefined,
  clock: Clock = systemClock,
): Mirror {
  let wanted: UnitFacts | undefined;
  let later: Timer | undefined;
  let atWork = false;
  let included = false;
  let closed = false;
  let unitText = '';
  let statusText = '';
  let historyText = '';

  let texts: Texts | undefined;

  /** The same facts are compared, written and remembered. */
  function textsOf(facts: UnitFacts): Texts {
    if (texts?.facts !== facts)
      texts = {
        facts,
        unit: nodeValue(facts.unit),
        status: nodeValue(facts.status),
        history: facts.history && nodeValue({ entries: facts.history }),
      };
    return texts;
  }

  function operations(facts: UnitFacts): readonly Operation[] {
    const { unit, status } = textsOf(facts);
    return [
      ...(unit === unitText ? [] : [{ kind: 'set', path: paths.unit(name), value: unit } as const]),
      ...(status === statusText ? [] : [{ kind: 'set', path: paths.status(name), value: status } as const]),
      ...historyOperations(facts),
    ];
  }

  function historyOperations(facts: UnitFacts): readonly Operation[] {
    const history = historyOf(facts);
    return history === historyText ? [] : [{ kind: 'set', path: paths.unitHistory(name), value: history }];
  }

  function written(facts: UnitFacts): void {
    unitText = textsOf(facts).unit;
    statusText = textsOf(facts).status;
    historyText = historyOf(facts);
    told(facts);
  }

  function historyOf(facts: UnitFacts): string {
    return textsOf(facts).history ?? historyText;
  }

  function isDue(): boolean {
    return !closed && !included && later === undefined;
  }

  function tell(): void {
    later?.cancel();
    later = undefined;
    void work();
  }

  async function work(): Promise<void> {
    if (atWork) return;
    atWork = true;
    while (isDue() && wanted !== undefined && operations(wanted).length > 0) {
      let facts: UnitFacts | undefined;
      try {
        await writer.write(() => {
          facts = isDue() ? wanted : undefined;
          return facts === undefined ? [] : operations(facts);
        });
        if (facts !== undefined) written(facts);
      } catch (error) {
        // The unit is gone from the tree: there is nobody left to tell.
        if (!(error instanceof NodeNotFound))
          log.error(`the status of ${name} could not be written`, { error });
        break;
      }
    }
    atWork = false;
  }

  return {
    report(facts) {
      wanted = facts;
      if (rests(facts)) tell();
      else later ??= clock.after(PASSING, tell);
    },
    async include(facts, write) {
      included = true;
      try {
        const { unit, status } = textsOf(facts);
        // All of it, as what the tree says is not known while another write is under way.
        await write([
          { kind: 'set', path: paths.unit(name), value: unit },
          { kind: 'set', path: paths.status(name), value: status },
          ...historyOperations(facts),
        ]);
        written(facts);
        // What was reported meanwhile is of before; what is now is reported when the record goes on.
        wanted = facts;
      } finally {
        included = false;
        void work();
      }
    },
    close() {
      closed = true;
      later?.cancel();
    },
  };
}

function rests({ status: { state, upgrade } }: UnitFacts): boolean {
  return isErrorState(state) || (state === 'started' && upgrade === undefined);
}
