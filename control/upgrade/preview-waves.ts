import type { Metadata } from '../../state/formula/metadata.js';
import { readEntity } from '../../state/model/entity.js';
import type { Hold } from '../../state/model/hold.js';
import { readMachinesUp } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import { beginTo } from '../rollout/begin.js';
import { goesByClone, isClonedTo, planClone } from '../rollout/begin-clone.js';
import { planRollout } from '../rollout/ensure.js';
import { factsOf } from '../rollout/facts.js';
import { type Foreseen, foresee } from '../rollout/foresee.js';
import type { Session } from '../session.js';
import { readServiceState } from '../status/snapshot.js';
import type { UnitPlan } from './unit-plan.js';
import type { FoundUpgrade } from './find-upgrade.js';
import { rolloutRequest } from './publish-and-set.js';
import type { UpgradeRequest } from './upgrade-request.js';

/** How an upgrade's rollout would go. */
export interface PreviewedRollout extends Foreseen {
  /** Null where single units are asked, at once and without a rollout. */
  readonly strategy: string | null;
  /** With strategy `clone`: the service that would be made. */
  readonly clone?: string;
}

/**
 * Foresees the rollout that an upgrade would begin, or go on with; it writes nothing.
 * @param metadata of the formula, where the service does not run it yet
 * @param holds those that stand
 * @throws as `beginTo` and `planRollout`: what the upgrade would refuse
 */
export async function previewRollout(
  { coordinator }: Session,
  found: FoundUpgrade,
  request: UpgradeRequest,
  { upgrade }: UnitPlan,
  metadata: Metadata | undefined,
  holds: readonly Hold[],
): Promise<PreviewedRollout> {
  if (request.units !== undefined || upgrade.length === 0) {
    const waves = upgrade.length === 0 ? [] : [{ units: upgrade, pause: null }];
    return { strategy: null, underWay: [], waves, waiting: [] };
  }
  const { name: service, target } = found;
  if (metadata !== undefined) {
    const cloned = await previewClone(coordinator, found, request, metadata);
    if (cloned !== undefined) return cloned;
  }
  const rollout = await plannedRollout(coordinator, found, request, metadata);
  const [state, up] = await Promise.all([
    readServiceState(coordinator, service, []),
    readMachinesUp(coordinator),
  ]);
  const facts = factsOf({ service, formula: target.id, holds }, state?.units ?? [], up);
  const { requestedAt } = request.by;
  return {
    strategy: rollout.parameters.strategy ?? null,
    ...foresee(rollout, facts, Date.parse(requestedAt)),
  };
}

/** The clone that would be made, or that is under way; undefined where the units themselves go. */
async function previewClone(
  coordinator: Session['coordinator'],
  { name, service, target: { id } }: FoundUpgrade,
  request: UpgradeRequest,
  metadata: Metadata,
): Promise<PreviewedRollout | undefined> {
  const { parameters } = rolloutRequest(request);
  if (!(await goesByClone(coordinator, name, service, id, metadata, parameters))) return undefined;
  if (await isClonedTo(coordinator, name, id)) {
    const standing = await readEntity(coordinator, paths.rollout(name), rolloutSchema);
    const clone = standing?.value.clone?.service ?? '';
    const underWay = await unitsOfService(coordinator, clone);
    return { strategy: 'clone', clone, underWay, waves: [], waiting: [] };
  }
  const { service: clone, units } = await planClone(coordinator, name, service, id, metadata, { parameters });
  return { strategy: 'clone', clone, underWay: [], waves: [{ units, pause: 'clone' }], waiting: [] };
}

async function plannedRollout(
  coordinator: Session['coordinator'],
  { name, service, target }: FoundUpgrade,
  request: UpgradeRequest,
  metadata: Metadata | undefined,
): Promise<Rollout> {
  const asked = rolloutRequest(request);
  if (metadata !== undefined) {
    const goal = { from: service.formula, to: target.id };
    return (await beginTo(coordinator, name, service, metadata, goal, asked)).rollout;
  }
  const standing = await readEntity(coordinator, paths.rollout(name), rolloutSchema);
  return (await planRollout(coordinator, name, service, standing?.value, asked)).rollout;
}
