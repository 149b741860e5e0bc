import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Entity, type Problem, readEntity } from '../../state/model/entity.js';
import { ServiceNotFound } from '../../state/model/errors.js';
import { standingHolds } from '../../state/model/hold.js';
import { readMachinesUp } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { readHoldsToShow } from '../../state/model/read-holds.js';
import { type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import { readServiceState, type UnitState } from '../status/snapshot.js';
import { decide } from './decide.js';
import type { Decision } from './decision.js';
import { factsOf } from './facts.js';
import { readClone } from './read-clone.js';
import { replacedBy, withoutRollout } from './replaced.js';

/** A rollout with all that it is decided by, as it is at one time. */
export interface ReadRollout {
  readonly rollout: Entity<Rollout>;
  readonly decision: Decision;
  readonly units: readonly UnitState[];
}

/**
 * Reads a service's rollout, and then its units.
 * @param problems gets the nodes that cannot be read
 * @throws ServiceNotFound, NoRollout, NodeInvalid
 */
export async function requireRollout(
  coordinator: Coordinator,
  service: string,
  now: number,
  problems: Problem[] = [],
): Promise<ReadRollout> {
  const rollout = await readEntity(coordinator, paths.rollout(service), rolloutSchema);
  const { value } = await requireService(coordinator, service).catch(async (error: unknown) => {
    const replaced = error instanceof ServiceNotFound ? await replacedBy(coordinator, service) : undefined;
    throw replaced ?? error;
  });
  if (rollout === undefined) throw await withoutRollout(coordinator, service, value);
  const [state, up, holds, clone, ofClone] = await Promise.all([
    readServiceState(coordinator, service, problems),
    readMachinesUp(coordinator),
    readHoldsToShow(coordinator, service, problems),
    readClone(coordinator, service, value, rollout.value, problems),
    rollout.value.clone && readServiceState(coordinator, rollout.value.clone.service, problems),
  ]);
  const units = [...(ofClone?.units ?? []), ...(state?.units ?? [])];
  const known = { service, formula: value.formula, holds: standingHolds(holds, now), clone };
  const facts = factsOf(known, units, new Set(up));
  return { rollout, decision: decide(rollout.value, facts, now), units };
}
