import type { Coordinator, Operation } from '../coordination/coordinator.js';
import type { Metadata } from '../formula/metadata.js';
import { endpointsOf, type OfferedEndpoint } from './endpoints.js';
import {
  claimRelationNumbers,
  createRelationOperations,
  type RelationNode,
  removingOperation,
} from './relations.js';

/** What a formula's peer relations need of the tree. */
export interface PeerChanges {
  readonly operations: readonly Operation[];
  /** The relations of dropped peers, which the operations mark as going. */
  readonly dropped: readonly string[];
}

/**
 * Peer relations are made and removed by nobody's command: a service has those that its formula names. Finds what has
 * to be created and what has to go, by name and interface; a relation whose interface changed is another one.
 * @param present the relations the service takes part in
 */
export async function peerChanges(
  coordinator: Coordinator,
  service: string,
  metadata: Metadata,
  present: readonly RelationNode[],
  change: string,
): Promise<PeerChanges> {
  const wanted = endpointsOf(service, metadata).filter(({ role }) => role === 'peer');
  const standing = present.filter(({ value }) => value.endpoints.length === 1 && value.removing !== true);
  const dropped = standing.filter((relation) => !wanted.some((peer) => isOf(peer, relation)));
  const added = wanted.filter((peer) => !standing.some((relation) => isOf(peer, relation)));
  const marks = dropped.map(removingOperation);
  const gone = dropped.map(({ id }) => id);
  if (added.length === 0) return { operations: marks, dropped: gone };
  const { first, claim } = await claimRelationNumbers(coordinator, added.length);
  const created = added.flatMap((peer, index) =>
    createRelationOperations(String(first + index), [peer], change),
  );
  return { operations: [...marks, claim, ...created], dropped: gone };
}

function isOf(peer: OfferedEndpoint, { value }: RelationNode): boolean {
  const [own] = value.endpoints;
  return own !== undefined && own.name === peer.name && own.interface === peer.interface;
}
