import type { Metadata } from '../../state/formula/metadata.js';
import { publishable } from '../../state/formula/publishable.js';
import type { requestEntry } from '../../state/model/history-entry.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { unitsOfService } from '../../state/model/services.js';
import { publish, recordRestored } from '../publish/publish.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import { beginClone, goesByClone, isClonedTo, planClone } from '../rollout/begin-clone.js';
import {
  beginTo,
  type Begun,
  checkParameters,
  parametersFor,
  type RolloutRequest,
} from '../rollout/begin.js';
import { refuseAskedTogether } from '../rollout/contradictions.js';
import type { Session } from '../session.js';
import { type FoundUpgrade, requireFit } from './find-upgrade.js';
import { setTarget } from './set-target.js';
import type { UpgradeEvent, UpgradeRequest } from './upgrade-request.js';

/** What an upgrade asks of the rollout that it begins. */
export function rolloutRequest({
  rollout = {},
  force,
  revertOnError,
  by,
  isAutomatic,
}: UpgradeRequest): RolloutRequest {
  return { parameters: rollout, force, revertOnError, by, isAutomatic };
}

/** What came of setting a service: the id of the rollout that began with it, or that which makes a clone instead. */
interface FormulaSet {
  readonly begun?: string | undefined;
  readonly clone?: Rollout | undefined;
}

/**
 * Publishes the formula that was found and sets the service to it, with the rollout that takes its units there.
 * @returns the id of that rollout, or the clone that is made instead; neither where nothing is to be published
 * @throws as `publish` and `setTarget`; RelationsInUse, unless by force
 */
export async function publishAndSet(
  session: Session,
  { name, service, target }: FoundUpgrade,
  request: UpgradeRequest,
  asked: ReturnType<typeof requestEntry>,
  now: number,
  tell: (event: UpgradeEvent) => void,
): Promise<FormulaSet> {
  const { candidate, id } = target;
  if (candidate === undefined) return {};
  let begun: string | undefined;
  let clone: Rollout | undefined;
  const { coordinator } = session;
  const begin = async (current: Service, metadata: Metadata): Promise<Begun> => {
    const goal = { from: current.formula, to: id };
    const made = await beginTo(coordinator, name, current, metadata, goal, rolloutRequest(request));
    begun = made.rollout.id;
    return made;
  };
  const { repository, force } = request;
  const origin = repository === undefined ? undefined : target.location;
  await withWorkDirectory(async (directory) => {
    const prepared = await publishable(candidate, directory, tell, session.environment.trust);
    const { metadata } = prepared.formula;
    const { parameters } = rolloutRequest(request);
    const isCloned =
      request.units === undefined &&
      (await goesByClone(coordinator, name, service, id, metadata, parameters));
    // Before anything is published: a formula that does not fit leaves no trace.
    if (id !== service.formula) {
      const misfits = await requireFit(session, { name, service }, id, prepared.formula, force);
      tell({ kind: 'misfits', formula: id, misfits });
      if (isCloned && !(await isClonedTo(coordinator, name, id)))
        await planClone(coordinator, name, service, id, metadata, { parameters });
      else if (request.units === undefined && !isCloned) {
        const units = await unitsOfService(coordinator, name);
        refuseAskedTogether(name, request.rollout ?? {}, { command: 'upgrade-formula', to: id });
        const parameters = parametersFor(service, metadata, request.rollout ?? {}, units.length);
        checkParameters(name, parameters, units, { command: 'upgrade-formula', to: id });
      }
    }
    const isRestored = await publish(session, id, prepared, now, tell, async () => {
      if (isCloned) {
        clone = await beginClone(coordinator, name, id, { ...rolloutRequest(request), origin }, asked);
        return;
      }
      await setTarget(
        coordinator,
        name,
        id,
        prepared.formula,
        { origin, force },
        asked,
        request.units === undefined ? begin : undefined,
      );
    });
    if (isRestored) await recordRestored(session, id, request.by);
  });
  return { begun, clone };
}
