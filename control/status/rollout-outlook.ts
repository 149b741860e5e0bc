import type { Flag } from '../../state/model/request-schemas.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { unmadeBatches } from '../../state/model/unit-batches.js';
import type { Unit, UnitStatus } from '../../state/model/unit-schemas.js';
import { isLeaving } from './leaving.js';
import { type CloneLack, hasLostCanary, type Outlook } from './next-of-rollout.js';

/** A service and its units, as they were read. */
interface Read {
  readonly name: string;
  readonly service: Service;
  readonly units: readonly {
    readonly unit: Unit;
    readonly status: UnitStatus;
    readonly flag: Flag | undefined;
    readonly removing?: true;
  }[];
}

/**
 * What is known of the units of a service's rollout that waits for a word, of the whole environment: what is shown of it
 * may be a part.
 */
export function outlookOf(service: Read, rollout: Rollout, services: readonly Read[]): Outlook {
  const units = service.units
    .filter((unit) => !isLeaving(unit))
    .map(({ unit, flag }) => ({
      formula: unit.formula,
      flag: flag && { to: flag.to ?? service.service.formula },
    }));
  return { lacks: lackOf(service, rollout, services), isCanaryLost: hasLostCanary(rollout, units) };
}

/** How many units the clone has fewer than the service in whose place it is to come. */
function lackOf(
  service: Read,
  { id, clone, promoted }: Rollout,
  services: readonly Read[],
): CloneLack | undefined {
  if (clone === undefined || promoted === true) return undefined;
  const made = services.find(({ name }) => name === clone.service);
  if (made?.service.cloneOf?.rollout !== id || unmadeBatches(made.service).length > 0) return undefined;
  const staying = ({ units }: Read): number => units.filter((unit) => !isLeaving(unit)).length;
  const [has, wanted] = [staying(made), staying(service)];
  return has < wanted ? { has, lack: wanted - has } : undefined;
}
