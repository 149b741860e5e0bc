import type { Coordinator, Operation } from '../coordination/coordinator.js';
import type { Metadata } from '../formula/metadata.js';
import { endpointsOf, hasEndpoint, type OfferedEndpoint } from './endpoints.js';
import { nodeValue } from './entity.js';
import { newChangeId, retryOnConflict } from './conflict.js';
import {
  claimRelationNumbers,
  createRelationOperations,
  type RelationNode,
  relationsOfService,
} from './relations.js';
import { paths } from './paths.js';
import type { Relation } from './relation-schemas.js';

/** The changes to the tree that a formula's peer relations need. */
interface PeerChanges {
  readonly operations: readonly Operation[];
  /** The relations of dropped peers, which the operations mark as such. */
  readonly dropped: readonly string[];
}

/**
 * Peer relations are made and removed by nobody's command: a service has those that its formula names. Finds what has
 * to be created and what is dropped, by name and interface; a relation whose interface changed is another one. A dropped
 * one stands until the last unit that runs a formula with it has left it (`removeRelationIfLeft`); one that comes back
 * meanwhile goes on.
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
  const standing = standingOf(present);
  const dropped = standing.filter((relation) => !wanted.some((peer) => isOf(peer, relation)));
  const back = standing.filter(
    ({ value }) => value.dropped === true && !dropped.some((one) => one.value === value),
  );
  const added = wanted.filter((peer) => !standing.some((relation) => isOf(peer, relation)));
  const marks = [
    ...dropped
      .filter(({ value }) => value.dropped !== true)
      .map((relation) => markOperation(relation, true, change)),
    ...back.map((relation) => markOperation(relation, false, change)),
  ];
  const gone = dropped.map(({ number }) => number);
  if (added.length === 0) return { operations: marks, dropped: gone };
  const { first, claim } = await claimRelationNumbers(coordinator, added.length);
  const created = added.flatMap((peer, index) =>
    createRelationOperations(String(first + index), [peer], change),
  );
  return { operations: [...marks, claim, ...created], dropped: gone };
}

/**
 * Makes those peer relations of a formula that are gone with the last unit which ran one with them: one of the service's
 * units is to go back to it, while the service's own formula has them no more. May be done twice.
 */
export async function bringPeersBack(
  coordinator: Coordinator,
  service: string,
  metadata: Metadata,
): Promise<void> {
  const change = newChangeId();
  const peers = endpointsOf(service, metadata).filter(({ role }) => role === 'peer');
  if (peers.length === 0) return;
  await retryOnConflict(`service ${service}`, async () => {
    const present = await relationsOfService(coordinator, service);
    const missing = peers.filter((peer) => !standingOf(present).some((relation) => isOf(peer, relation)));
    if (missing.length === 0) return;
    // Somebody who makes relations at the same time claims the same numbers.
    const { first, claim } = await claimRelationNumbers(coordinator, missing.length);
    const created = missing.flatMap((peer, index) =>
      createRelationOperations(String(first + index), [peer], change, { dropped: true }),
    );
    await coordinator.transaction([claim, ...created]);
  });
}

function standingOf(present: readonly RelationNode[]): readonly RelationNode[] {
  return present.filter(({ value }) => value.endpoints.length === 1 && value.removing !== true);
}

function isOf(peer: OfferedEndpoint, { value }: RelationNode): boolean {
  const [own] = value.endpoints;
  return own !== undefined && hasEndpoint([peer], own);
}

function markOperation(
  { number, value, version }: RelationNode,
  dropped: boolean,
  change: string,
): Operation {
  const { dropped: _, ...rest } = value;
  const marked: Relation = { ...rest, ...(dropped && { dropped }), change };
  return { kind: 'set', path: paths.relation(number), value: nodeValue(marked), version };
}
