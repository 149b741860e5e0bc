import type { Clock } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { type Problem, parseSound } from '../../state/model/entity.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import { placeWaiting } from '../../state/model/placement.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import type { Log } from '../contract/log.js';
import { untilItWorks } from '../contract/retry.js';

interface Parts {
  /** The agent's own: units that wait may go there once it is cordoned no more. */
  readonly machine: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}

/**
 * Places units that were made while there was no machine for them. Every agent does so for any machine; of several that
 * place the same unit one wins.
 */
export function placeUnplaced(coordinator: Coordinator, { machine, clock, random, log }: Parts): Observation {
  let ended = new AbortController();
  let nodes: readonly string[] = [];
  let cordoned = false;
  const look = (): void => {
    // Only the units that are unplaced now count.
    ended.abort();
    ended = new AbortController();
    const { signal } = ended;
    if (nodes.length === 0) return;
    untilItWorks(() => place(coordinator, nodes.map(unitOfNode), log), {
      clock,
      random,
      signal,
      mayHeal: (error) => error instanceof EnsembleError,
      failed: (error) => log.error('units wait for a machine and could not be placed', { error }),
    }).catch((error: unknown) => {
      if (!signal.aborted) log.error('units wait for a machine and are not placed', { error });
    });
  };
  const observations = [
    coordinator.observeChildren(paths.unplaced, (found) => {
      nodes = found ?? [];
      look();
    }),
    coordinator.observe(paths.machine(machine), (node) => {
      const before = cordoned;
      cordoned = parseSound(paths.machine(machine), machineSchema, node, [])?.value.cordoned !== undefined;
      if (before && !cordoned) look();
    }),
  ];
  return {
    close() {
      for (const observation of observations) observation.close();
      ended.abort();
    },
  };
}

async function place(coordinator: Coordinator, names: readonly string[], log: Log): Promise<void> {
  const problems: Problem[] = [];
  await placeWaiting(coordinator, names, problems);
  for (const { path, reason } of problems)
    log.error('a unit cannot be placed, as its node cannot be read', { path, reason });
}
