import { availableParallelism } from 'node:os';
import { HookLauncher } from '../hooks/process/launcher.js';
import type { Machine } from '../state/model/machine-schemas.js';
import { keepUnits } from './disk/kept-units.js';
import { clearLeftovers } from './disk/leftovers.js';
import { Staging } from './disk/staging.js';
import type { Endings } from './endings.js';
import type { Joined } from './join-environment.js';
import { openFormulas } from './machine/formulas.js';
import { hookGate } from './machine/hook-gate.js';
import { hookSlots } from './machine/hook-slots.js';
import type { AgentParts } from './machine/parts.js';
import { type Prefetching, prefetching } from './machine/prefetch.js';
import { ShutdownInhibitor } from './machine/shutdown-inhibitor.js';
import type { OpenedMachine } from './open-machine.js';
import type { AgentOptions } from './options.js';
import { removeDropped } from './tree/dropped-relations.js';
import { openHistories } from './tree/histories.js';
import { describeMachine } from './tree/presence.js';
import { watchMeetings, watchRelations } from './tree/relations.js';
import { watchRolloutGates } from './tree/rollouts.js';
import { watchServices } from './tree/services.js';
import { treeWriter } from './tree/tree-writer.js';
import { watchKeepRemoved } from './tree/watch-keep-removed.js';

/**
 * Hooks that run at once, for each core. Most wait for something most of the time; and those that do not leave a core
 * idle while the agent takes note of their ends, which come in bursts: a rollout of a thousand units whose hooks wait for
 * nothing takes 0.85 of the time that it takes with one for each core (docs/performance.md).
 */
const HOOKS_PER_CORE = 4;

/** What the units of the machine share, and what the agent itself uses of it. */
export interface MadeParts {
  readonly parts: AgentParts;
  readonly prefetch: Prefetching;
  /** Has the machine's node say this too. @param failure what the log says where it cannot */
  describeAs(description: () => Partial<Machine>, failure: string): void;
}

/** Makes the parts that all units of the machine share. */
export function makeParts(
  options: AgentOptions,
  opened: OpenedMachine,
  joined: Joined,
  times: Pick<AgentParts, 'boot' | 'hookKillDelay'>,
  ends: Endings,
): MadeParts {
  const { environment, machine, clock, random, log } = options;
  const { addresses, afterDeath, contexts, directory, journal, perl, storage } = opened;
  const { coordinator, home, logs, ownership } = joined;
  const leftovers = clearLeftovers(clock, log);
  ends.add(() => leftovers.close());
  const staging = new Staging(storage, directory.cache, leftovers);
  ends.add(() => staging.close());
  const writer = treeWriter(coordinator, clock, random, () => home.touched());
  const dropped = removeDropped(coordinator, { clock, random, log });
  ends.add(() => dropped.close());
  const describeAs = (description: () => Partial<Machine>, failure: string): void => {
    // The presence registers a machine anew that was removed.
    writer
      .write(async () => (await describeMachine(coordinator, machine, description())) ?? [])
      .catch((error: unknown) => log.warning(failure, { error }));
  };
  const kept = keepUnits(directory, {
    clock,
    log,
    boot: times.boot,
    keepRemoved: () => keepRemoved.current(),
    told: onceInATurn(() =>
      describeAs(
        () => ({ kept: kept.summary() }),
        'the machine’s node cannot say how much is kept of removed units',
      ),
    ),
  });
  ends.add(() => kept.close());
  const keepRemoved = watchKeepRemoved(coordinator, log, environment.keepRemoved, () => void kept.look());
  ends.add(() => keepRemoved.close());
  const launcher = new HookLauncher(perl);
  ends.add(() => launcher.close());
  const inhibitor = new ShutdownInhibitor(log, options.inhibiting);
  ends.add(() => inhibitor.close());
  const formulas = openFormulas(coordinator, staging, { trust: environment.trust, clock });
  const prefetch = prefetching(formulas, { clock, log });
  ends.add(() => prefetch.close());
  const parts: AgentParts = {
    machine,
    addresses,
    directory,
    coordinator,
    home,
    journal,
    leftovers,
    staging,
    kept,
    formulas,
    services: watchServices(coordinator, log, prefetch.wanted),
    gates: watchRolloutGates(coordinator, log),
    relations: watchRelations(coordinator, log),
    meetings: watchMeetings(coordinator, log),
    dropped,
    histories: openHistories(coordinator, writer),
    writer,
    slots: hookSlots(options.hookConcurrency ?? HOOKS_PER_CORE * availableParallelism()),
    contexts,
    logs,
    hookRules: environment.hooks ?? {},
    hookTimeLimit: options.hookTimeLimit ?? (environment.hooks?.timeout ?? 3_600) * 1_000,
    gate: hookGate(() => ownership.assure()),
    inhibitor,
    launcher,
    afterDeath,
    log,
    clock,
    random,
    ...times,
  };
  return { parts, prefetch, describeAs };
}

/** Calls `act` once for however many calls of the result there are in one turn of the event loop. */
function onceInATurn(act: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      act();
    });
  };
}
