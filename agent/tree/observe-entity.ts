import type { Coordinator, Node, Observation } from '../../state/coordination/coordinator.js';
import { type Entity, parseEntity } from '../../state/model/entity.js';
import type * as z from '../../state/platform/zod.js';
import type { Log } from '../contract/log.js';

/**
 * Observes one entity of the tree, validated. A node that is damaged is reported in the log and otherwise treated as
 * if it had not changed.
 * @param damaged told of such a node, where more has to be done
 */
export function observeEntity<T>(
  coordinator: Coordinator,
  path: string,
  schema: z.ZodMiniType<T>,
  log: Log,
  look: (entity: Entity<T> | undefined) => void,
  damaged: (node: Node) => void = () => undefined,
): Observation {
  return coordinator.observe(path, (node) => {
    let entity: Entity<T> | undefined;
    try {
      entity = parseEntity(path, schema, node);
    } catch (error) {
      log.error('a node of the state tree cannot be used', { path, error });
      if (node !== undefined) damaged(node);
      return;
    }
    look(entity);
  });
}
