import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Coordinator, Node, Observation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { parseEntity, parseSound } from '../../state/model/entity.js';
import { environmentId, unfinishedError } from '../../state/model/layout.js';
import { layoutTooNew } from '../../state/model/layout-too-new.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import {
  type Layout,
  type Mark,
  layoutSchema,
  markSchema,
  unfinishedSchema,
} from '../../state/model/environment-schemas.js';
import { type OtherOwner, StateForeign, StateOlder, StateReplaced } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { type EnvironmentMemory, readMemory, writeMemory } from './memory.js';
import { raiseMark } from './raise-mark.js';
import { recognise } from './recognise.js';

/** Milliseconds after a write to the tree within which the mark is raised: a copy of before that write is recognised. */
const RAISE_WITHIN = 10_000;
/** Milliseconds that raising it may hold up the agent's end. */
const FAREWELL = 500;

/** An agent, as far as the environment it belongs to is concerned. */
interface Resident {
  /** The environment's name and where its state is, for messages. */
  readonly environment: string;
  readonly state: string;
  readonly machine: string;
  readonly agentId: string;
  readonly dataDirectory: string;
  /** The command that starts this agent, for messages. */
  readonly command: string;
  /** The units of the journal as it is now, also those that cannot be read. */
  units(): readonly string[];
  /** Who else has the machine in the tree that is looked at; default: nobody. */
  owner?(get: (path: string) => Promise<Node | undefined>): Promise<OtherOwner | undefined>;
  /** The operator said that the tree is right, whatever the data directory knows. */
  readonly acceptState: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** The environment that a data directory belongs to. */
export interface HomeEnvironment {
  /**
   * For the coordinator: whether the tree behind a connection is the one that is known here. False where there is none
   * at all, which is said once.
   * @throws StateForeign, StateOlder, LayoutTooNew, which `stranger` gets as well
   */
  recognise(get: (path: string) => Promise<Node | undefined>): Promise<boolean>;
  /** Resolves with why this tree must not be acted on, or not any more. */
  readonly stranger: Promise<Error>;
  /** The coordinator was taken away from under this agent. */
  replaced(): void;
  /**
   * The tree was recognised: remembers it, and from now on tells it how far the agent is. Where the environment is made
   * anew under an agent that works in it, the agent follows, and this remembers the new one.
   * @param coordinator fenced, so that no agent that lost its machine writes there
   */
  settle(coordinator: Coordinator): Promise<void>;
  /** True once newer programs keep this one out of the tree, so that nothing may be written to it any more. */
  isKeptOut(): boolean;
  /** Something was written to the tree. */
  touched(): void;
  /** Who had the unit go, where the accepted state does not have it. */
  disowned(unit: string): Requester | undefined;
  /** A unit is gone from this machine. */
  gone(unit: string): void;
  /** Raises the mark once more where that is due, unless it takes long. */
  close(): Promise<void>;
}

/** Reads what the data directory knows of its environment. */
export async function homeEnvironment(resident: Resident): Promise<HomeEnvironment> {
  const { clock, log, machine, agentId, dataDirectory } = resident;
  let memory = await readMemory(dataDirectory);
  let coordinator: Coordinator | undefined;
  let accepted = false;
  let waits = false;
  let trouble: string | undefined;
  let unraised: string | undefined;
  let closed = false;
  let keptOut = false;
  let timer: Timer | undefined;
  let watch: Observation | undefined;
  let raising: Promise<void> = Promise.resolve();
  let writing: Promise<void> = Promise.resolve();
  let refuse: (error: Error) => void = () => undefined;
  const stranger = new Promise<Error>((resolve) => {
    refuse = resolve;
  });

  /** One after the other: what is remembered last is on the disk last. */
  function remember(next: EnvironmentMemory): Promise<void> {
    memory = next;
    const written = writing.then(() => writeMemory(dataDirectory, next));
    writing = written.catch(() => undefined);
    return written;
  }

  /**
   * A mark that somebody else wrote there says nothing, and must not stop the agent: it is as good as the one known
   * here.
   */
  function markOf(node: Node | undefined): Mark | undefined {
    try {
      return parseEntity(paths.mark(agentId), markSchema, node)?.value;
    } catch (error) {
      log.warning('the mark of this agent in the state tree is damaged, and written anew', { error });
      return { count: memory?.mark?.count ?? 0, at: memory?.mark?.at ?? '', machine };
    }
  }

  /**
   * An environment that was made anew meanwhile is remembered first, and without a mark, since it has none of this agent.
   * The mark is written to the tree first: killed in between, the agent finds a tree that knows more than the directory,
   * and goes on.
   */
  async function raise(tree: Coordinator, least = 0): Promise<void> {
    const environment = await environmentId(tree);
    const before = memory?.environment;
    if (environment !== before) {
      await remember({ environment, disowned: stillDisowned() });
      log.warning(
        `the environment at ${resident.state} was made anew, and ${dataDirectory} belongs to it from now on`,
        {
          environment,
          before,
        },
      );
    }
    const known = Math.max(memory?.mark?.count ?? 0, least);
    const { count, at } = await raiseMark(tree, agentId, (found) => ({
      count: Math.max(markOf(found)?.count ?? 0, known) + 1,
      at: new Date(clock.now()).toISOString(),
      machine,
    }));
    await remember({ ...memory, environment, mark: { count, at } });
    unraised = undefined;
  }

  function stillDisowned(): string[] {
    const units = resident.units();
    return (memory?.disowned ?? []).filter((unit) => units.includes(unit));
  }

  function raiseSoon(): void {
    if (timer !== undefined || coordinator === undefined || closed || keptOut) return;
    timer = clock.after(RAISE_WITHIN, raiseNow);
  }

  function raiseNow(): void {
    timer?.cancel();
    timer = undefined;
    const tree = coordinator;
    if (tree === undefined || keptOut) return;
    raising = raising.then(() => raise(tree)).catch(cannotRaise);
  }

  /** If there is no environment at all, `watch` sees the one that comes. */
  function cannotRaise(error: unknown): void {
    const said = String(error);
    const isExpected = closed || error instanceof NodeNotFound;
    if (isExpected || said === unraised) log.debug('the mark in the state tree cannot be raised', { error });
    else
      log.warning('it cannot be noted how far this agent is in its environment; it is tried again', {
        error,
      });
    if (!isExpected) unraised = said;
    raiseSoon();
  }

  /** It was followed by whatever observes the tree, so the agent belongs to it, and must know that when it starts again. */
  function lookAtLayout(node: Node | undefined): void {
    try {
      const layout = parseEntity(paths.layout, layoutSchema, node);
      if (keepOutOf(layout?.value) !== undefined) return;
      if (layout !== undefined && layout.value.environment !== memory?.environment) raiseNow();
    } catch (error) {
      log.error('the environment cannot be told', { error });
    }
  }

  /** If newer programs keep this one out of a tree of this layout, nothing is written from here on. */
  function keepOutOf(layout: Layout | undefined): Error | undefined {
    const tooNew = layout && layoutTooNew(resident.environment, layout);
    if (tooNew === undefined) return undefined;
    keptOut = true;
    refuse(tooNew);
    return tooNew;
  }

  /** Without a unit there is nothing that a wrong tree could harm. */
  function hasNothing(): boolean {
    return resident.units().length === 0;
  }

  async function settle(tree: Coordinator): Promise<void> {
    const environment = await environmentId(tree);
    let disowned = stillDisowned();
    if (accepted) {
      const wanted = ((await tree.children(paths.machineUnits(machine))) ?? []).map(unitOfNode);
      disowned = resident.units().filter((unit) => !wanted.includes(unit));
      log.warning(`${dataDirectory} belongs to the environment at ${resident.state} from now on`, {
        environment,
        before: memory?.environment,
        ...(disowned.length > 0 && { 'put aside': disowned }),
      });
    }
    const { mark, ...known } = memory ?? {};
    const isAsKnown = !accepted && memory?.environment === environment;
    accepted = false;
    // Before the tree hears of it: whoever is killed in between still knows which units have to go. And without the mark of
    // another state, which would make this one an older one.
    await remember({ ...known, environment, disowned, ...(isAsKnown && mark !== undefined && { mark }) });
    await raise(tree, mark?.count);
    coordinator = tree;
    watch = tree.observe(paths.layout, lookAtLayout);
  }

  /** @throws what refuses to be read, which ends an agent that only starts, and is said once by one that runs */
  async function look(get: (path: string) => Promise<Node | undefined>) {
    try {
      return await Promise.all([
        get(paths.layout).then((node) => parseEntity(paths.layout, layoutSchema, node)),
        get(paths.mark(agentId)).then(markOf),
      ]);
    } catch (error) {
      if (coordinator === undefined) refuse(error instanceof Error ? error : new Error(String(error)));
      const said = String(error);
      if (said !== trouble) log.error('the environment cannot be told', { error });
      trouble = said;
      throw error;
    }
  }

  /** An environment that is about to be there, or to be gone, is made by nobody else. */
  async function whatIsMissing(get: (path: string) => Promise<Node | undefined>) {
    const unfinished = parseSound(paths.unfinished, unfinishedSchema, await get(paths.unfinished), []);
    if (unfinished === undefined)
      return {
        message: `${resident.state} holds no environment`,
        next: `If it was set up anew: restore it, or ensemble bootstrap -e ${resident.environment}`,
      };
    const { message, next = '' } = unfinishedError(resident.environment, unfinished.value);
    return { message, next: `To ${next}` };
  }

  return {
    async recognise(get) {
      const [layout, mark] = await look(get);
      const recognition = recognise(memory, layout?.value, mark);
      if (recognition.kind === 'known') {
        // Before what waited for the connection is written over it.
        const tooNew = keepOutOf(layout?.value);
        if (tooNew !== undefined) throw tooNew;
        return true;
      }
      if (recognition.kind === 'missing') {
        if (coordinator === undefined && hasNothing()) return true;
        if (!waits) {
          const { message, next } = await whatIsMissing(get);
          log.warning(
            `waiting: ${message}, and ${dataDirectory} belongs to one; nothing is done to its units. ${next}`,
          );
        }
        waits = true;
        return false;
      }
      if (hasNothing() || (resident.acceptState && coordinator === undefined)) {
        // A coordinator that runs already is not settled by the one who starts it; its requests wait for this answer.
        if (coordinator === undefined) accepted = true;
        else raiseNow();
        return true;
      }
      const owner = await resident.owner?.(get);
      const error =
        recognition.kind === 'foreign'
          ? new StateForeign({
              agent: resident,
              known: memory?.environment ?? '',
              seen: memory?.mark?.at,
              found: recognition.found,
              owner,
            })
          : new StateOlder({
              agent: resident,
              known: memory?.mark?.at ?? '',
              found: recognition.found?.at,
              owner,
            });
      refuse(error);
      throw error;
    },
    stranger,
    isKeptOut: () => keptOut,
    replaced: () => refuse(new StateReplaced({ agent: resident })),
    settle,
    touched: raiseSoon,
    disowned: (unit) =>
      memory?.disowned?.includes(unit) === true
        ? { by: 'ensemble-agent --accept-state', requestedAt: new Date(clock.now()).toISOString() }
        : undefined,
    gone(unit) {
      const known = memory;
      if (known?.disowned?.includes(unit) !== true) return;
      remember({ ...known, disowned: known.disowned.filter((each) => each !== unit) }).catch(
        (error: unknown) => log.warning('it cannot be noted that the unit is gone', { unit, error }),
      );
    },
    async close() {
      watch?.close();
      const isDue = timer !== undefined;
      closed = true;
      if (isDue) raiseNow();
      let late: Timer | undefined;
      await Promise.race([
        raising,
        new Promise<void>((resolve) => {
          late = clock.after(FAREWELL, resolve);
        }),
      ]);
      late?.cancel();
    },
  };
}
