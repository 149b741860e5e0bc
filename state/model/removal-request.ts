import type { Coordinator, Node } from '../coordination/coordinator.js';
import { retryOnConflict } from './conflict.js';
import { parseSound } from './entity.js';
import { paths } from './paths.js';
import { requestOperation } from './requests.js';
import { machineSchema } from './machine-schemas.js';
import { type Removal, removalSchema } from './request-schemas.js';

/** Told of each unit whose directory is kept although this request did not ask for it, and why. */
export type KeptAnyway = (unit: string, why: 'asked-before' | 'older-agent') => void;

/** The units that are asked, and how. */
export interface Asked {
  /** The request that stands already. */
  readonly standing: Node | undefined;
  /** True if this very unit was named to be removed. */
  readonly named: boolean;
  /** True if its machine's agent puts aside what removed units leave; an agent of release 0.1.0 removes it. */
  readonly keeps: boolean;
}

/**
 * The request for a unit's removal that takes the place of one that stands. What was to be kept stays so, whatever else
 * takes the unit along: only who purges this very unit means its data. An agent that would remove what the operator is
 * promised to find is asked to keep it.
 */
export function removalInPlaceOf(removal: Removal, { standing, named, keeps }: Asked): Removal {
  const before = parseSound('', removalSchema, standing, [])?.value;
  const { purge, ...others } = removal;
  if (before?.keepData === true && before.forOlderAgent !== true && !(named && purge === true))
    return { ...others, keepData: true };
  if (keeps || purge === true || removal.keepData === true) return removal;
  return { ...others, keepData: true, forOlderAgent: true };
}

/** Tells of a unit that is kept otherwise than `removal` says. */
export function tellKept(unit: string, removal: Removal, request: Removal, told: KeptAnyway): void {
  if (request.keepData !== true || removal.keepData === true) return;
  told(unit, request.forOlderAgent === true ? 'older-agent' : 'asked-before');
}

/** Picks the machines whose agents tell what they keep of removed units. */
export async function machinesThatKeep(
  coordinator: Coordinator,
  machines: readonly (string | null)[],
): Promise<ReadonlySet<string | null>> {
  const names = [...new Set(machines)].flatMap((name) => name ?? []);
  const nodes = await coordinator.getMany(names.map((name) => paths.machine(name)));
  const keeping = names.filter(
    (name, index) =>
      parseSound(paths.machine(name), machineSchema, nodes[index], [])?.value.kept !== undefined,
  );
  // Nobody has data of a unit without a machine.
  return new Set([...keeping, null]);
}

/**
 * Asks a unit to go along with something else.
 * @returns the request that stands now
 * @throws NodeNotFound where the unit is gone
 */
export async function requestToGo(
  coordinator: Coordinator,
  unit: string,
  removal: Removal,
  keeps: boolean,
): Promise<Removal> {
  const path = paths.removal(unit);
  return retryOnConflict(path, async () => {
    const standing = await coordinator.get(path);
    const request = removalInPlaceOf(removal, { standing, named: false, keeps });
    await coordinator.transaction([requestOperation(path, request, standing)]);
    return request;
  });
}
