import type { RolloutWrite } from '../../control/rollout/decision.js';
import {
  flagOperations,
  gateOpened,
  inState,
  turnedBack,
  unflagOperations,
} from '../../control/rollout/written.js';
import type { Operation } from '../../state/coordination/coordinator.js';
import { type Entity, nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Rollout, writeRollout } from '../../state/model/rollout.js';
import type { MemoryTree } from './memory-tree.js';
import { Broken } from './rollout-promises.js';

/** The operations of a driver's write, without its guard and what goes on record. Flags are read in this moment. */
export function operationsOf(
  tree: MemoryTree,
  service: string,
  write: RolloutWrite,
  rollout: Entity<Rollout>,
  now: number,
): readonly Operation[] {
  const change = (next: Rollout): readonly Operation[] => writeRollout(service, rollout, next);
  const versions = (units: readonly string[]): ReadonlyMap<string, number> =>
    new Map(
      units.flatMap((name) => {
        const node = tree.get(paths.upgrade(name));
        return node === undefined ? [] : [[name, node.version] as const];
      }),
    );
  const serviceOn = (formula: string): Operation => ({
    kind: 'set',
    path: paths.service(service),
    value: nodeValue({ formula }),
  });
  // New units start with the service's formula from then on.
  const { formula: set } = JSON.parse(tree.get(paths.service(service))?.value ?? '{}');
  switch (write.kind) {
    case 'flag': {
      const standing = versions(write.units.map(({ name }) => name));
      return flagOperations(service, rollout, write.units, standing, now);
    }
    case 'unflag':
      return unflagOperations(service, rollout, versions(write.units));
    case 'gate':
      return [
        ...change(gateOpened(rollout.value, write.gate, now)),
        ...(write.gate === 'resume' ? [serviceOn(set)] : []),
      ];
    case 'close':
      return change({ ...rollout.value, closed: true });
    case 'clone':
    case 'left':
      throw new Broken(`no clone is made here, and yet: ${write.kind}`);
    case 'state':
      return [
        ...change(inState(rollout.value, write, now)),
        ...(write.state === 'done' ? [serviceOn(set)] : []),
      ];
    case 'turn-back':
      return [...change(turnedBack(rollout.value, write.reason, now)), serviceOn(rollout.value.revertTo)];
  }
}
