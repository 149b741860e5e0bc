import type { Coordinator, Node, Operation } from '../coordination/coordinator.js';
import type { CommandRequest } from './commands.js';
import { retryOnConflict } from './conflict.js';
import type { DebugRequest } from './debugging.js';
import { type Entity, nodeValue } from './entity.js';
import type { Abort, Flag, Removal, Resolved } from './request-schemas.js';
import type { RelatedWord, UpgradeAsk } from './related-upgrade.js';

/**
 * The requests to one unit: of operators, each with the version that honouring it must name; and what related units are asked
 * and say about upgrades.
 */
export interface UnitRequests {
  readonly upgrade: Entity<Flag> | undefined;
  readonly resolved: Entity<Resolved> | undefined;
  readonly removal: Entity<Removal> | undefined;
  /** `resolved` for single relations, by their numbers. */
  readonly relations: ReadonlyMap<string, Entity<Resolved>>;
  /** Commands to be run in the unit's context, by their ids. */
  readonly commands: ReadonlyMap<string, Entity<CommandRequest>>;
  readonly debug: Entity<DebugRequest> | undefined;
  readonly abort: Entity<Abort> | undefined;
  /** The upgrades of related units about which it is asked, by these units; null of one that was not read yet. */
  readonly asks: ReadonlyMap<string, UpgradeAsk | null>;
  /** What related units say to its own upgrade, by unit; null for a unit that was not read yet. */
  readonly words: ReadonlyMap<string, RelatedWord | null>;
}

export const noRequests: UnitRequests = {
  upgrade: undefined,
  resolved: undefined,
  removal: undefined,
  relations: new Map(),
  commands: new Map(),
  debug: undefined,
  abort: undefined,
  asks: new Map(),
  words: new Map(),
};

/**
 * Writes a request node, in the place of an earlier one of its kind.
 * @param besides gives what is written in the same transaction
 */
export async function requestOf(
  coordinator: Coordinator,
  path: string,
  value: unknown,
  besides: () => Promise<readonly Operation[]> = async () => [],
): Promise<void> {
  await retryOnConflict(path, async () => {
    const standing = await coordinator.get(path);
    await coordinator.transaction([requestOperation(path, value, standing), ...(await besides())]);
  });
}

/** The operation that writes a request node, in the place of what stands there. */
export function requestOperation(path: string, value: unknown, standing: Node | undefined): Operation {
  const text = nodeValue(value);
  if (standing === undefined) return { kind: 'create', path, value: text };
  return { kind: 'set', path, value: text, version: standing.version };
}
