import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { newChangeId, retryOnConflict } from './conflict.js';
import { type Entity, nodeValue, readEntity } from './entity.js';
import { FormulaNotPublished, ServiceDestroying, ServiceExists, ServiceNotFound } from './errors.js';
import { takeUpFormula } from './formulas.js';
import { recordOperations } from './history.js';
import { type HistoryEntry, ofLife } from './history-entry.js';
import { newIncarnation } from './incarnation.js';
import { firstNumber } from './numbers.js';
import { compareUnits, paths, unitOfNode } from './paths.js';
import { peerChanges } from './peers.js';
import { type ConfigValues, type Service, configValuesSchema, serviceSchema } from './service-schemas.js';

/** The units that a service is deployed with, and where they go, where a machine was named. */
interface UnitsToMake {
  readonly units: number;
  readonly machine?: string;
}

/** @throws ServiceNotFound, which lists the services there are */
export async function requireService(coordinator: Coordinator, service: string): Promise<Entity<Service>> {
  const found = await readEntity(coordinator, paths.service(service), serviceSchema);
  if (found !== undefined) return found;
  throw new ServiceNotFound({ service, known: (await coordinator.children(paths.services)) ?? [] });
}

/** The service's units, in their numbers' order. */
export async function unitsOfService(coordinator: Coordinator, service: string): Promise<readonly string[]> {
  const nodes = (await coordinator.children(paths.serviceUnits(service))) ?? [];
  return nodes.map(unitOfNode).sort(compareUnits);
}

/**
 * Creates a service without units, with the config values an operator set and the peer relations of its formula, as
 * far as it is published.
 * @param service `deploying`: the units that `makeUnits` makes of it, whose numbers are taken here
 * @param isPublished whether it must be
 * @param asked goes on the service's record with it
 * @param also gives what is written in that transaction besides; it is asked again on a conflict, and its errors end the call
 * @throws ServiceExists, ServiceDestroying, FormulaNotPublished, whatever `also` throws
 */
export async function createService(
  coordinator: Coordinator,
  name: string,
  {
    deploying,
    ...service
  }: Pick<Service, 'formula' | 'repository' | 'rollout' | 'cloneOf'> & { readonly deploying?: UnitsToMake },
  config: ConfigValues,
  asked?: HistoryEntry,
  isPublished = false,
  also: () => Promise<readonly Operation[]> = async () => [],
): Promise<void> {
  const change = newChangeId();
  await retryOnConflict(`service ${name}`, async () => {
    const existing = await readEntity(coordinator, paths.service(name), serviceSchema);
    if (existing?.value.change === change) return;
    if (existing?.value.destroying) throw new ServiceDestroying({ service: name });
    if (existing !== undefined) throw new ServiceExists({ service: name, formula: existing.value.formula });
    const taken = await takeUpFormula(coordinator, service.formula).catch((error: unknown) => {
      if (isPublished || !(error instanceof FormulaNotPublished)) throw error;
      return undefined;
    });
    const metadata = taken?.metadata;
    const peers = metadata && (await peerChanges(coordinator, name, metadata, [], change));
    const { first, operations: numbers } = await firstNumber(coordinator, name);
    const value: Service = {
      ...service,
      nextUnit: first + (deploying?.units ?? 0),
      ...(deploying !== undefined && deploying.units > 0 && { deploying: { first, made: 0, ...deploying } }),
      ...(metadata?.subordinate && { subordinate: true }),
      incarnation: newIncarnation(),
      change,
    };
    const besides = await also();
    await coordinator.transaction([
      { kind: 'create', path: paths.service(name), value: nodeValue(value) },
      { kind: 'create', path: paths.config(name), value: nodeValue(config) },
      { kind: 'create', path: paths.serviceUnits(name), value: '{}' },
      { kind: 'create', path: paths.serviceRelations(name), value: '{}' },
      ...numbers,
      ...(taken === undefined ? [] : [taken.operation]),
      ...(peers?.operations ?? []),
      ...(await recordOperations(coordinator, [name], asked && ofLife(asked, value))),
      ...besides,
    ]);
  });
}

/**
 * Changes the service's node by `edit`, run again on a conflict; `edit` gets the value as it stands then and returns
 * the next one, or undefined to leave it.
 * @param asked goes on the service's record with the change
 * @returns the value that stands afterwards
 * @throws ServiceNotFound, whatever `edit` throws
 */
export async function editService(
  coordinator: Coordinator,
  name: string,
  edit: (service: Service) => Service | undefined,
  asked?: HistoryEntry,
): Promise<Service> {
  return retryOnConflict(`service ${name}`, async () => {
    const { value, version } = await requireService(coordinator, name);
    const next = edit(value);
    if (next === undefined) return value;
    await coordinator.transaction([
      { kind: 'set', path: paths.service(name), value: nodeValue(next), version },
      ...(await recordOperations(coordinator, [name], asked)),
    ]);
    return next;
  });
}

/** The values an operator set; defaults are not among them, since they come from the formula each unit runs. */
export async function readConfigValues(coordinator: Coordinator, service: string): Promise<ConfigValues> {
  return (await readEntity(coordinator, paths.config(service), configValuesSchema))?.value ?? {};
}

/** The operations that remove a service which has neither units nor relations left, with the nodes below it. */
export function removeServiceOperations(
  name: string,
  version: number,
  children: readonly string[],
): readonly Operation[] {
  return [
    ...children.map((child): Operation => ({ kind: 'remove', path: `${paths.service(name)}/${child}` })),
    { kind: 'remove', path: paths.service(name), version },
  ];
}
