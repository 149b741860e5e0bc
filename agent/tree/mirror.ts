import { type Clock, systemClock, type Timer } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { nodeValue } from '../../state/model/entity.js';
import { openServiceHistory, openUnitHistory } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Unit, UnitStatus } from '../../state/model/unit-schemas.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { type Log, sentence } from '../contract/log.js';
import { shortened } from '../contract/shortened.js';
import type { Histories } from './histories.js';
import type { TreeWriter } from './tree-writer.js';
import { type OwnPart, ownPart, type UnitNode } from './unit-node.js';

/**
 * Milliseconds that a unit must have been at something for observers to be told; that it came to rest is told at once.
 */
const PASSING = 100;

/** Part of the command by which a status says where more stands. */
const NAMES_LOG = 'debug-log -i ';

/** Milliseconds until a refused write is tried again, doubled with each further refusal. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

/** The facts about a unit for observers. */
export interface UnitFacts {
  readonly unit: Unit;
  readonly status: UnitStatus;
  /** The whole of what is kept, once there is something that the tree does not say. */
  readonly history?: readonly HistoryEntry[];
  /** The ids of what is in that history and not in the tree. */
  readonly news?: ReadonlySet<string>;
}

/** Gives the operations that make the tree say so, as they must be at the write's `tries`-th try, counted from 0. */
export type MirrorOperations = (tries: number) => Promise<readonly Operation[]>;

/**
 * Mirrors one unit's facts into the tree, for observers: the journal is the truth. Only the last facts count: those
 * that change faster than the tree takes them are never written, and nothing is written twice. A write that is refused
 * is tried again with growing pauses, and the unit's status says why as far as the status itself can be written.
 */
export interface Mirror {
  /** Makes the tree say so, soon: a step that is over by then is never told of. */
  report(facts: UnitFacts): void;
  /**
   * Makes the tree say so in a transaction that does more than mirror. Older facts are not written beside it: in the
   * same transaction they would come after these, and stay.
   * @param write is given the operations that make the tree say so, and resolves when they are through
   */
  include(facts: UnitFacts, write: (operations: MirrorOperations) => Promise<void>): Promise<void>;
  close(): void;
}

/** The mirror writes by this. */
export interface MirrorTree {
  readonly coordinator: Coordinator;
  readonly writer: TreeWriter;
  /** The unit's own node, which others write too. */
  readonly node: UnitNode;
  readonly histories: Pick<Histories, 'placed'>;
  /** Resolves when what the unit has logged is in the tree, or cannot be put there for now. */
  readonly logged?: () => Promise<void>;
}

interface Texts {
  readonly facts: UnitFacts;
  readonly part: OwnPart;
  readonly unit: string;
  readonly status: string;
  readonly history: string | undefined;
}

/** @param told called with what went through */
export function mirrorUnit(
  name: string,
  { coordinator, writer, node, histories, logged }: MirrorTree,
  log: Log,
  told: (facts: UnitFacts) => void = () => undefined,
  clock: Clock = systemClock,
): Mirror {
  let wanted: UnitFacts | undefined;
  let later: Timer | undefined;
  let again: Timer | undefined;
  let atWork = false;
  let included = false;
  let closed = false;
  let unitText = '';
  let statusText = '';
  let historyText = '';
  /** Writes in a row that were refused, and why the last one was. */
  let refusals = 0;
  let reason: string | undefined;

  let texts: Texts | undefined;
  /** The histories as they were written last. */
  const placed = new WeakMap<UnitFacts, readonly HistoryEntry[]>();

  /** The same facts are compared, written and remembered. */
  function textsOf(facts: UnitFacts): Texts {
    if (texts?.facts !== facts) {
      const part = ownPart(facts.unit);
      texts = {
        facts,
        part,
        unit: nodeValue(part),
        status: nodeValue(facts.status),
        history: facts.history && nodeValue({ entries: facts.history }),
      };
    }
    return texts;
  }

  function isNews(facts: UnitFacts): boolean {
    const { unit, status } = textsOf(facts);
    return unit !== unitText || status !== statusText || historyOf(facts) !== historyText;
  }

  /** @param all also what the tree says by what was written last */
  async function operations(facts: UnitFacts, tries: number, all = false): Promise<readonly Operation[]> {
    const { unit, part, status } = textsOf(facts);
    return [
      ...node.life(),
      ...(all || unit !== unitText ? await node.operations(part, tries) : []),
      ...(all || status !== statusText ? await statusOperations(status, tries) : []),
      ...(historyOf(facts) === historyText ? [] : await historyOperations(facts, tries)),
    ];
  }

  /** Nobody else writes the status. One that was deleted by hand is made again where the unit stands. */
  async function statusOperations(value: string, tries: number): Promise<readonly Operation[]> {
    const path = paths.status(name);
    const lacks = tries > 0 && (await coordinator.get(path)) === undefined;
    if (lacks && (await node.read()) === undefined) throw new NodeNotFound({ path: paths.unit(name) });
    return [{ kind: lacks ? 'create' : 'set', path, value }];
  }

  /** Nobody else writes a unit's history. What it stands under may have been deleted by hand, and is made again. */
  async function historyOperations(facts: UnitFacts, tries: number): Promise<readonly Operation[]> {
    const { history = [], news } = facts;
    const entries = await histories.placed(history, ({ id }) => news?.has(id) === true);
    placed.set(facts, entries);
    const value = nodeValue({ entries });
    let created: readonly Operation[] = [];
    if (tries > 0) {
      await openServiceHistory(coordinator, serviceOfUnit(name));
      created = await openUnitHistory(coordinator, name);
    }
    return [...created, { kind: 'set', path: paths.unitHistory(name), value }];
  }

  function written(facts: UnitFacts): void {
    unitText = textsOf(facts).unit;
    statusText = textsOf(facts).status;
    historyText = historyOf(facts);
    node.written();
    if (refusals > 0) log.info('the unit’s status is written again', { unit: name });
    refusals = 0;
    reason = undefined;
    told({ ...facts, ...(facts.history && { history: placed.get(facts) ?? facts.history }) });
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
    again?.cancel();
    again = undefined;
    void work();
  }

  async function work(): Promise<void> {
    if (atWork) return;
    atWork = true;
    while (isDue() && wanted !== undefined && isNews(wanted)) {
      const about = textsOf(wanted).status;
      if (!(await isLogThere(wanted))) continue;
      let facts: UnitFacts | undefined;
      try {
        await writer.write((tries) => {
          // By now another one may be wanted, whose log is not there yet: the next turn sees to that.
          const isReady = wanted !== undefined && (textsOf(wanted).status === about || !namesNewLog(wanted));
          facts = isDue() && isReady ? wanted : undefined;
          return facts === undefined ? [] : operations(facts, tries);
        });
        if (facts !== undefined) written(facts);
      } catch (error) {
        // The unit is gone from the tree: there is nobody left to tell.
        if (error instanceof NodeNotFound && error.path === paths.unit(name)) break;
        await refused(error, facts);
        break;
      }
    }
    atWork = false;
  }

  function namesNewLog(facts: UnitFacts): boolean {
    const { status } = textsOf(facts);
    return logged !== undefined && status !== statusText && status.includes(NAMES_LOG);
  }

  /**
   * A status that names the log follows what it names. That alone waits, and not what the unit does.
   * @returns false where something else is to be told meanwhile
   */
  async function isLogThere(facts: UnitFacts): Promise<boolean> {
    const { status } = textsOf(facts);
    if (logged === undefined || !namesNewLog(facts)) return true;
    // The one who gathers says what hinders it.
    await logged().catch(() => undefined);
    return wanted === undefined || textsOf(wanted).status === status;
  }

  /** Nothing is parked in silence: the log and, where it can still be written, the status say so. */
  async function refused(error: unknown, facts: UnitFacts | undefined): Promise<void> {
    refusals += 1;
    const said = shortened(`what the unit did cannot be written to the state: ${sentence(error)}`);
    if (said !== reason) log.error(said, { unit: name });
    reason = said;
    if (facts !== undefined) await tellWhy(facts, said);
    if (closed) return;
    const ms = Math.min(FIRST_PAUSE * 2 ** (refusals - 1), LONGEST_PAUSE);
    again ??= clock.after(ms, tell);
  }

  async function tellWhy({ status }: UnitFacts, said: string): Promise<void> {
    const message = shortened(status.message === '' ? said : `${status.message}; ${said}`);
    const value = nodeValue({ ...status, message });
    if (value === statusText) return;
    try {
      await writer.write(async (tries) =>
        isDue() ? [...node.life(), ...(await statusOperations(value, tries))] : [],
      );
      statusText = value;
    } catch {
      // The log has it.
    }
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
        // All of it, as what the tree says is not known while another write is under way.
        await write((tries) => operations(facts, tries, true));
        written(facts);
        // A report that came meanwhile is older; the present state is reported when the record goes on.
        wanted = facts;
      } finally {
        included = false;
        void work();
      }
    },
    close() {
      closed = true;
      later?.cancel();
      again?.cancel();
    },
  };
}

function rests({ status: { state, upgrade } }: UnitFacts): boolean {
  return isErrorState(state) || (state === 'started' && upgrade === undefined);
}
