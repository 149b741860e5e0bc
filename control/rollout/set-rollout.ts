import type { Coordinator } from '../../state/coordination/coordinator.js';
import { mergedParameters, type RolloutParameters } from '../../state/formula/rollout-parameters.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import { editService, unitsOfService } from '../../state/model/services.js';
import { checkParameters } from './begin.js';
import { refuseSubordinate } from './begin-clone.js';
import { refuseAskedTogether } from './contradictions.js';

/**
 * Sets how the rollouts of a service go from the next one on; an empty value takes one away.
 * @returns all that is set then
 * @throws ServiceNotFound, ServiceDestroying, RolloutImpossible, UnitNotFound, UnitOfOtherService
 */
export async function setRollout(
  coordinator: Coordinator,
  service: string,
  values: RolloutParameters,
  requester: Requester,
): Promise<RolloutParameters> {
  const units = await unitsOfService(coordinator, service);
  const said = Object.entries(values).map(([word, text]) => `${word}=${text}`);
  const edited = await editService(
    coordinator,
    service,
    (current) => {
      if (current.destroying) throw new ServiceDestroying({ service });
      const rollout = mergedParameters(current.rollout, values);
      refuseAskedTogether(service, values, { command: 'set-rollout' });
      checkParameters(service, rollout, units, { command: 'set-rollout' });
      if (rollout.strategy === 'clone') refuseSubordinate(service, current, { command: 'set-rollout' });
      const { rollout: _rollout, ...rest } = current;
      return Object.keys(rollout).length === 0 ? rest : { ...rest, rollout: { ...rollout } };
    },
    requestEntry(requester, { what: 'set-rollout', message: said.join(' ') }),
  );
  return edited.rollout ?? {};
}
