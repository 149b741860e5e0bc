import type { Clock, Timer } from '../../state/clock.js';
import type { Coordinator, Node, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, parseEntity } from '../../state/model/entity.js';
import { environmentId } from '../../state/model/layout.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { layoutSchema, type Mark, markSchema } from '../../state/model/schemas.js';
import { StateForeign, StateOlder, StateReplaced } from '../errors.js';
import type { Log } from '../log.js';
import { type EnvironmentMemory, readMemory, writeMemory } from './memory.js';
import { recognise } from './recognise.js';

/** Milliseconds after a write to the tree within which the mark is raised: a copy of before that write is recognised. */
const RAISE_WITHIN = 10_000;
/** Milliseconds that raising it may hold up the agent's end. */
const FAREWELL = 500;

/** An agent, as far as the environment it belongs to is concerned. */
export interface Resident {
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
   * @throws StateForeign, StateOlder, which `stranger` gets as well
   */
  recognise(get: (path: string) => Promise<Node | undefined>): Promise<boolean>;
  /** Resolves with why this tree must not be acted on. */
  readonly stranger: Promise<Error>;
  /** The coordinator was taken away from under this agent. */
  replaced(): void;
  /** The tree was recognised: remembers it, and from now on tells it how far the agent is. */
  settle(coordinator: Coordinator): Promise<void>;
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
  let timer: Timer | undefined;
  let raising: Promise<void> = Promise.resolve();
  let refuse: (error: Error) => void = () => undefined;
  const stranger = new Promise<Error>((resolve) => {
    refuse = resolve;
  });

  async function remember(next: EnvironmentMemory): Promise<void> {
    memory = next;
    await writeMemory(dataDirectory, next);
  }

  /** What somebody else wrote there says nothing, and must not stop the agent: it is as good as what is known here. */
  function markOf(node: Node | undefined): Mark | undefined {
    try {
      return parseEntity(paths.mark(agentId), markSchema, node)?.value;
    } catch (error) {
      log.warning('the mark of this agent in the state tree is damaged, and written anew', { error });
      return { count: memory?.mark?.count ?? 0, at: memory?.mark?.at ?? '', machine };
    }
  }

  /** The tree first: killed in between, the agent finds a tree that knows more than the directory, and goes on. */
  async function raise(tree: Coordinator, known: EnvironmentMemory, least = 0): Promise<void> {
    const count = Math.max(known.mark?.count ?? 0, least) + 1;
    const mark: Mark = { count, at: new Date(clock.now()).toISOString(), machine };
    await writeMark(tree, agentId, mark);
    await remember({ ...(memory ?? known), mark: { count, at: mark.at } });
  }

  function raiseSoon(): void {
    if (timer !== undefined || coordinator === undefined) return;
    timer = clock.after(RAISE_WITHIN, raiseNow);
  }

  function raiseNow(): void {
    timer?.cancel();
    timer = undefined;
    const tree = coordinator;
    raising = raising
      .then(() => (tree === undefined || memory === undefined ? undefined : raise(tree, memory)))
      .catch((error: unknown) => log.debug('the mark in the state tree cannot be raised', { error }));
  }

  /** Without a unit there is nothing that a wrong tree could harm. */
  function hasNothing(): boolean {
    return resident.units().length === 0;
  }

  async function settle(tree: Coordinator): Promise<void> {
    const environment = await environmentId(tree);
    const found = markOf(await tree.get(paths.mark(agentId)));
    const { disowned = [] } = memory ?? {};
    const units = resident.units();
    let left = disowned.filter((unit) => units.includes(unit));
    if (accepted) {
      const wanted = ((await tree.children(paths.machineUnits(machine))) ?? []).map(unitOfNode);
      left = units.filter((unit) => !wanted.includes(unit));
      log.warning(`${dataDirectory} belongs to the environment at ${resident.state} from now on`, {
        environment,
        before: memory?.environment,
        ...(left.length > 0 && { 'put aside': left }),
      });
      accepted = false;
    }
    const known = { ...memory, environment, disowned: left };
    // Before the tree hears of it: whoever is killed in between still knows which units have to go.
    await remember(known);
    await raise(tree, known, found?.count);
    coordinator = tree;
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

  return {
    async recognise(get) {
      const [layout, mark] = await look(get);
      const recognition = recognise(memory, layout?.value, mark);
      if (recognition.kind === 'known') return true;
      if (recognition.kind === 'missing') {
        if (coordinator === undefined && hasNothing()) return true;
        if (!waits)
          log.warning(
            `waiting: ${resident.state} holds no environment, and ${dataDirectory} belongs to one; nothing is done to ` +
              `its units. If it was set up anew: restore it, or ensemble bootstrap -e ${resident.environment}`,
          );
        waits = true;
        return false;
      }
      if (hasNothing() || (resident.acceptState && coordinator === undefined)) {
        accepted = true;
        // One that runs already is not settled by whoever starts it; its requests wait for this answer.
        if (coordinator !== undefined)
          settle(coordinator).catch((error: unknown) =>
            log.error('the environment that was found is not remembered yet', { error }),
          );
        return true;
      }
      const error =
        recognition.kind === 'foreign'
          ? new StateForeign(resident, memory?.environment ?? '', memory?.mark?.at, recognition.found)
          : new StateOlder(resident, memory?.mark?.at ?? '', recognition.found?.at);
      refuse(error);
      throw error;
    },
    stranger,
    replaced: () => refuse(new StateReplaced(resident)),
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
      if (timer === undefined) return;
      raiseNow();
      let late: Timer | undefined;
      await Promise.race([
        raising,
        new Promise<void>((resolve) => {
          late = clock.after(FAREWELL, resolve);
        }),
      ]);
      late?.cancel();
      coordinator = undefined;
    },
  };
}

/** The node is of one writer, so its version says nothing. A tree of release 0.1.0 has no place for it yet. */
async function writeMark(tree: Coordinator, agentId: string, mark: Mark): Promise<void> {
  const path = paths.mark(agentId);
  await retryOnConflict('the mark of this agent', async () => {
    const [root, standing] = await tree.getMany([paths.marks, path]);
    const operations: Operation[] = [];
    if (root === undefined) operations.push({ kind: 'create', path: paths.marks, value: '{}' });
    operations.push({ kind: standing === undefined ? 'create' : 'set', path, value: nodeValue(mark) });
    await tree.transaction(operations);
  });
}
