import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { nodeValue, readEntity } from './entity.js';
import { paths, unitOfNode } from './paths.js';
import { numbersSchema } from './service-schemas.js';

/** The number that the first unit of a service gets which is about to be made. */
interface FirstNumber {
  readonly first: number;
  /** For the transaction that makes the service: nobody makes and removes one of its name in between. */
  readonly operations: readonly Operation[];
}

/**
 * Finds the number that the first unit of a new service gets: a unit's number is never used again, also not by a later
 * service of the same name. Besides what was kept of the services before it, the histories of their units count, for
 * services that release 0.1.0 removed.
 */
export async function firstNumber(coordinator: Coordinator, service: string): Promise<FirstNumber> {
  const path = paths.serviceNumbers(service);
  const [kept, histories] = await Promise.all([
    readEntity(coordinator, path, numbersSchema),
    coordinator.children(paths.serviceHistory(service)),
  ]);
  const first = Math.max(kept?.value.next ?? 0, ...(histories ?? []).map((node) => numberOf(node) + 1));
  if (kept !== undefined) return { first, operations: [{ kind: 'check', path, version: kept.version }] };
  return { first, operations: await createOperations(coordinator, path, first) };
}

/**
 * The operations that keep the number when the histories of a service's units go: of a service that release 0.1.0 removed
 * they are the only trace of it.
 */
export async function keepRecordedNumber(
  coordinator: Coordinator,
  service: string,
): Promise<readonly Operation[]> {
  const { first } = await firstNumber(coordinator, service);
  return first === 0 ? [] : keepNumber(coordinator, service, first);
}

/** The operations that keep, when a service goes, the number that its next unit would have had. */
export async function keepNumber(
  coordinator: Coordinator,
  service: string,
  next: number,
): Promise<readonly Operation[]> {
  const path = paths.serviceNumbers(service);
  const kept = await readEntity(coordinator, path, numbersSchema);
  if (kept === undefined) return createOperations(coordinator, path, next);
  const value = nodeValue({ ...kept.value, next: Math.max(kept.value.next, next) });
  return [{ kind: 'set', path, value, version: kept.version }];
}

/** A tree that release 0.1.0 made has no place for them. */
async function createOperations(
  coordinator: Coordinator,
  path: string,
  next: number,
): Promise<readonly Operation[]> {
  const stands = (await coordinator.get(paths.numbers)) !== undefined;
  return [
    ...(stands ? [] : [{ kind: 'create', path: paths.numbers, value: '{}' } as const]),
    { kind: 'create', path, value: nodeValue({ next }) },
  ];
}

function numberOf(node: string): number {
  const number = Number(unitOfNode(node).split('/').at(-1));
  return Number.isSafeInteger(number) ? number : -1;
}
