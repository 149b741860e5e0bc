import type { Coordinator, Node, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Mark } from '../../state/model/environment-schemas.js';

/**
 * Writes an agent's mark over the one that stands. A copy of the agent may write there too, so it is built anew where
 * another was written meanwhile. A tree of release 0.1.0 has no place for it yet.
 * @param build gives the mark that follows the one that was found
 * @returns the mark that stands now
 */
export async function raiseMark(
  tree: Coordinator,
  agentId: string,
  build: (found: Node | undefined) => Mark,
): Promise<Mark> {
  const path = paths.mark(agentId);
  return retryOnConflict('the mark of this agent', async () => {
    const [root, standing] = await tree.getMany([paths.marks, path]);
    const mark = build(standing);
    const value = nodeValue(mark);
    const operations: Operation[] = [];
    if (root === undefined) operations.push({ kind: 'create', path: paths.marks, value: '{}' });
    operations.push(
      standing === undefined
        ? { kind: 'create', path, value }
        : { kind: 'set', path, value, version: standing.version },
    );
    await tree.transaction(operations);
    return mark;
  });
}
