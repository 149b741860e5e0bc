import type { Clock } from '../../state/clock.js';
import type { Coordinator, Observation, Operation } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { MachineTaken } from '../../state/model/errors.js';
import { paths } from '../../state/model/paths.js';
import { agentSchema, type Machine, machineSchema } from '../../state/model/schemas.js';
import type { Log } from '../log.js';
import { untilItWorks } from '../retry.js';

/** This agent, as its presence node names it. */
export interface Identity {
  readonly machine: string;
  /** Random, kept in the data directory: tells a restarted agent from another one of the same machine name. */
  readonly agentId: string;
  readonly version: string;
  readonly description: Machine;
  /** Absolute; for commands that are run on the machine itself. */
  readonly dataDirectory: string;
}

/**
 * Registers the machine and this agent's presence on it. An agent that was killed may have left its own presence
 * behind, which is replaced; another agent's is an error. While it is up, a presence that vanishes is put back.
 * @throws MachineTaken
 */
export async function registerAgent(
  coordinator: Coordinator,
  identity: Identity,
  { clock, random, log }: { readonly clock: Clock; readonly random: () => number; readonly log: Log },
): Promise<Observation> {
  const { machine } = identity;
  await retryOnConflict(`machine ${machine}`, () => registerMachine(coordinator, identity), {
    clock,
    random,
  });
  const presence = nodeValue({
    pid: process.pid,
    version: identity.version,
    since: new Date(clock.now()).toISOString(),
    agentId: identity.agentId,
    dataDirectory: identity.dataDirectory,
  });
  await retryOnConflict(`machine ${machine}`, () => announce(coordinator, identity, presence), {
    clock,
    random,
  });
  let stands = true;
  let atWork = false;
  const ended = new AbortController();
  const putBack = async (): Promise<void> => {
    if (atWork) return;
    atWork = true;
    while (!stands && !ended.signal.aborted) {
      stands = true;
      await untilItWorks(() => putBackBoth(coordinator, identity, presence), {
        clock,
        random,
        signal: ended.signal,
        mayHeal: (error) => error instanceof EnsembleError,
        failed: (error) => log.error(`machine ${machine} cannot be announced`, { error }),
      }).catch((error: unknown) => {
        if (!ended.signal.aborted) log.error(`machine ${machine} is not announced`, { error });
      });
    }
    atWork = false;
  };
  const observation = coordinator.observe(paths.agent(machine), (node) => {
    stands = node?.value === presence;
    void putBack();
  });
  return {
    close() {
      observation.close();
      ended.abort();
    },
  };
}

/** The machine may have been removed with the presence, by operators who took it for lost. */
async function putBackBoth(coordinator: Coordinator, identity: Identity, presence: string): Promise<void> {
  if ((await coordinator.get(paths.machine(identity.machine))) === undefined)
    await registerMachine(coordinator, identity);
  await announce(coordinator, identity, presence);
}

/** What others wrote into the machine's node stays there. */
async function registerMachine(coordinator: Coordinator, { machine, description }: Identity): Promise<void> {
  const operations = await describeMachine(coordinator, machine, description);
  await coordinator.transaction(
    operations ?? [
      { kind: 'create', path: paths.machine(machine), value: nodeValue(description) },
      { kind: 'create', path: paths.machineUnits(machine), value: '{}' },
    ],
  );
}

/** What puts these keys into the machine's node, by version, and leaves all others; undefined where there is no node. */
export async function describeMachine(
  coordinator: Coordinator,
  machine: string,
  description: Partial<Machine>,
): Promise<readonly Operation[] | undefined> {
  const path = paths.machine(machine);
  const found = await readEntity(coordinator, path, machineSchema);
  if (found === undefined) return undefined;
  const value = nodeValue({ ...found.value, ...description });
  return [{ kind: 'set', path, value, version: found.version }];
}

async function announce(coordinator: Coordinator, identity: Identity, presence: string): Promise<void> {
  const path = paths.agent(identity.machine);
  const standing = await readEntity(coordinator, path, agentSchema);
  if (standing !== undefined && standing.value.agentId !== identity.agentId) {
    const machine = await readEntity(coordinator, paths.machine(identity.machine), machineSchema);
    throw new MachineTaken(identity.machine, standing.value.pid, machine?.value.hostname ?? '?');
  }
  // Removed and created anew, so that it is this session's and ends with it.
  const replaced: readonly Operation[] =
    standing === undefined ? [] : [{ kind: 'remove', path, version: standing.version }];
  await coordinator.transaction([...replaced, { kind: 'create', path, value: presence, ephemeral: true }]);
}
