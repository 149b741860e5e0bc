import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readServiceHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { isOpen, readRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { NoRollout } from './errors.js';

/**
 * What became of the rollout of a service that is gone, by its record.
 * @returns undefined where no clone that stands took its place
 */
export async function replacedBy(coordinator: Coordinator, service: string): Promise<NoRollout | undefined> {
  const entries = await readServiceHistory(coordinator, service);
  const last = entries.findLast(
    ({ what, details }) => what === 'deploy' || (what === 'rollout' && details?.clone !== undefined),
  );
  const clone = last?.details?.clone;
  if (last === undefined || typeof clone !== 'string') return undefined;
  if ((await coordinator.get(paths.service(clone))) === undefined) return undefined;
  return new NoRollout({ service, replaced: { by: clone, to: last.to ?? '', at: last.at } });
}

/** Says of a service without a rollout of its own whose clone it is, or was. */
export async function withoutRollout(
  coordinator: Coordinator,
  service: string,
  { cloneOf }: Pick<Service, 'cloneOf'>,
): Promise<NoRollout> {
  if (cloneOf === undefined) return new NoRollout({ service });
  const of = await readRollout(coordinator, cloneOf.service);
  const isTried = of !== undefined && of.value.id === cloneOf.rollout && isOpen(of.value);
  return new NoRollout({ service, cloneOf: { service: cloneOf.service, isTried } });
}
