import type { Clock } from '../../state/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { EnsembleError } from '../../state/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, type Problem, readEntity, readSound } from '../../state/model/entity.js';
import { chooseMachines, loadsOf, readMachines } from '../../state/model/machines.js';
import { paths, unitOfNode } from '../../state/model/paths.js';
import { type Unit, unitSchema } from '../../state/model/schemas.js';
import { placeOperation } from '../../state/model/unit-operations.js';
import type { Log } from '../log.js';
import { untilItWorks } from '../retry.js';

/**
 * Places units that were made while there was no machine; a subordinate goes where its principal is. Every agent does
 * so for any machine; of two that place the same unit one wins.
 */
export function placeUnplaced(
  coordinator: Coordinator,
  { clock, random, log }: { readonly clock: Clock; readonly random: () => number; readonly log: Log },
): Observation {
  let ended = new AbortController();
  const observation = coordinator.observeChildren(paths.unplaced, (nodes) => {
    // Whoever is unplaced now is all that counts.
    ended.abort();
    ended = new AbortController();
    const { signal } = ended;
    if (nodes === undefined || nodes.length === 0) return;
    untilItWorks(() => place(coordinator, nodes.map(unitOfNode), log), {
      clock,
      random,
      signal,
      mayHeal: (error) => error instanceof EnsembleError,
      failed: (error) => log.error('units wait for a machine and could not be placed', { error }),
    }).catch((error: unknown) => {
      if (!signal.aborted) log.error('units wait for a machine and are not placed', { error });
    });
  });
  return {
    close() {
      observation.close();
      ended.abort();
    },
  };
}

async function place(coordinator: Coordinator, names: readonly string[], log: Log): Promise<void> {
  const read = await Promise.all(
    names.map(async (name) => ({ name, unit: await readUnit(coordinator, name, log) })),
  );
  const free = read.filter(({ unit }) => unit !== undefined && unit.principal === undefined);
  const machines = chooseMachines(loadsOf(await readMachines(coordinator)), free.length);
  await Promise.all(free.map(({ name }, index) => placeOn(coordinator, name, machines[index] ?? null)));
  // After their principals, which may have been placed just now.
  await Promise.all(
    read.map(async ({ name, unit }) => {
      if (unit?.principal === undefined) return;
      const principal = await readUnit(coordinator, unit.principal, log);
      await placeOn(coordinator, name, principal?.machine ?? null);
    }),
  );
}

/** One that cannot be read waits, and no other with it. */
async function readUnit(coordinator: Coordinator, name: string, log: Log): Promise<Unit | undefined> {
  const problems: Problem[] = [];
  const unit = await readSound(coordinator, paths.unit(name), unitSchema, problems);
  for (const { path, reason } of problems)
    log.error('a unit cannot be placed, as its node cannot be read', { unit: name, path, reason });
  return unit?.value;
}

async function placeOn(coordinator: Coordinator, name: string, machine: string | null): Promise<void> {
  if (machine === null) return;
  await retryOnConflict(`unit ${name}`, async () => {
    const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
    if (unit === undefined || unit.value.machine !== null) return;
    await coordinator.transaction([
      {
        kind: 'set',
        path: paths.unit(name),
        value: nodeValue({ ...unit.value, machine }),
        version: unit.version,
      },
      { kind: 'remove', path: paths.unplacedUnit(name) },
      placeOperation(name, machine, unit.value.incarnation),
    ]);
  });
}
