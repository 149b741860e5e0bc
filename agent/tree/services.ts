import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Entity } from '../../state/model/entity.js';
import { ServiceNotFound } from '../../state/model/errors.js';
import { isOfLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import {
  type ConfigValues,
  type Service,
  configValuesSchema,
  serviceSchema,
} from '../../state/model/service-schemas.js';
import type { Log } from '../contract/log.js';
import { observeEntity } from './observe-entity.js';
import { type Shared, share } from './shared.js';

/** A service as this machine's units see it; a part is undefined until it was read, or where it is gone. */
export interface ServiceView {
  /** With the version that a write which rests on it must check. */
  readonly service: Entity<Service> | undefined;
  readonly config: ConfigValues | undefined;
  /** The version of the config's node. */
  readonly configVersion?: number | undefined;
  /** It was looked for, and is not there. */
  readonly isGone: boolean;
}

/** The services of this machine's units, by name. */
export type Services = Shared<ServiceView>;

/** @param prefetch told which formula a service wants here before anybody asks for it */
export function watchServices(
  coordinator: Coordinator,
  log: Log,
  prefetch: (service: string, formula: string | undefined) => void = () => undefined,
): Services {
  return share((name, change) => {
    let view: ServiceView = { service: undefined, config: undefined, isGone: false };
    const update = (part: Partial<ServiceView>): void => {
      view = { ...view, ...part };
      change(view);
    };
    const observations = [
      observeEntity(coordinator, paths.service(name), serviceSchema, log, (service) => {
        prefetch(name, service?.value.prefetch);
        update({ service, isGone: service === undefined });
      }),
      observeEntity(coordinator, paths.config(name), configValuesSchema, log, (config) =>
        update({ config: config?.value, configVersion: config?.version }),
      ),
    ];
    return () => {
      for (const observation of observations) observation.close();
      prefetch(name, undefined);
    };
  });
}

/** The message of a unit that waits for its service. */
export function waitsForService(name: string): string {
  return `waits for its service: the state does not tell ${paths.service(name)} and its config`;
}

/**
 * Resolves as soon as the service and its config are known; a service that is gone keeps its units waiting.
 * @param parted from when on the unit waits for it no more, nor for another life of its name
 * @param incarnation of the service that the unit is of
 * @throws ServiceNotFound after that
 */
export function knownService(
  services: Services,
  name: string,
  parted?: AbortSignal,
  incarnation?: string,
): Promise<{ readonly service: Service; readonly config: ConfigValues }> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const view = services.view(name);
      const isParted = parted?.aborted === true;
      const found = view?.service?.value;
      const isGone = view?.isGone === true || (found !== undefined && !isOfLife(incarnation, found));
      if (isParted && isGone) reject(new ServiceNotFound({ service: name, known: [] }));
      else if (found !== undefined && view?.config !== undefined)
        resolve({ service: found, config: view.config });
      else return;
      unsubscribe();
      parted?.removeEventListener('abort', look);
    };
    const unsubscribe = services.subscribe(name, look);
    parted?.addEventListener('abort', look);
    look();
  });
}
