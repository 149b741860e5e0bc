import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Gates } from '../../state/model/lockstep.js';
import { paths } from '../../state/model/paths.js';
import { rolloutSchema } from '../../state/model/rollout.js';
import type { Log } from '../contract/log.js';
import { observeEntity } from './observe-entity.js';
import { type Shared, share } from './shared.js';

/**
 * The gates of the services' rollouts, by service; undefined until they were read. Only units that go through them ask, so
 * that no other unit costs a look at its service's rollout.
 */
export type RolloutGates = Shared<Gates>;

export function watchRolloutGates(coordinator: Coordinator, log: Log): RolloutGates {
  return share((service, change) => {
    const observation = observeEntity(coordinator, paths.rollout(service), rolloutSchema, log, (rollout) =>
      change(rollout?.value.gates ?? {}),
    );
    return () => observation.close();
  });
}
