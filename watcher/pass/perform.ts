import { hostname } from 'node:os';
import { stageForUnits } from '../../control/watching/stage.js';
import { upgradeService } from '../../control/upgrade/upgrade.js';
import type { Requester } from '../../state/model/requester.js';
import type { Pass } from '../contract/led.js';
import type { Aim } from '../core/decide.js';
import { WATCHER } from '../core/seen.js';

/** Who asks, where the watcher does. */
function requester(now: number): Requester {
  return { requestedAt: new Date(now).toISOString(), by: `${WATCHER}${hostname()}` };
}

/** Begins the same rollout as `upgrade-formula --revision`. @throws as `upgradeService` */
export async function beginUpgrade({ session, clock, log }: Pass, service: string, aim: Aim): Promise<void> {
  const now = clock.now();
  const { revision } = aim;
  const by = requester(now);
  const request = { service, revision, force: false, revertOnError: false, isAutomatic: true, by };
  await upgradeService(session, request, now, (event) => log.debug(event.kind, { service }));
}

/** Publishes it, and asks the agents of the service's units to fetch it. @throws as `stageForUnits` */
export async function stageFormula({ session, clock, log }: Pass, service: string, aim: Aim): Promise<void> {
  await stageForUnits(session, service, aim.revision, clock.now(), (event) =>
    log.debug(event.kind, { service }),
  );
}
