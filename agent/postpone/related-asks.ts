import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { nodeValue, readEntities } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import type { UpgradeAsk } from '../../state/model/related-upgrade.js';
import { unitSchema } from '../../state/model/unit-schemas.js';
import type { Uses } from '../machine/parts.js';
import { UPGRADE_PENDING } from './own-word.js';

/** The relation of a unit to one of another service. */
export interface Related {
  readonly unit: string;
  /** The relation's number; of several, the first. */
  readonly relation: string;
}

/**
 * Those of the related units whose formula has the hook that is to be asked. Formulas of which no hooks are noted are of
 * release 0.1.0, and know nothing of this one.
 */
export async function withPendingHook(
  { name, parts }: Uses<'coordinator' | 'formulas' | 'log'> & { readonly name: string },
  units: readonly Related[],
): Promise<readonly Related[]> {
  const { coordinator, formulas, log } = parts;
  const read = await readEntities(
    coordinator,
    units.map(({ unit }) => paths.unit(unit)),
    unitSchema,
  );
  const have = await Promise.all(
    read.map(async (found) => {
      const id = found?.value.formula;
      if (id === undefined || id === null) return false;
      try {
        return (await formulas.find(id)).hookNames.includes(UPGRADE_PENDING);
      } catch (error) {
        // Whether it has one is then found out where it is: it answers at once, if it has none.
        log.warning('a related unit’s formula cannot be read', { unit: name, error });
        return true;
      }
    }),
  );
  return units.filter((_, index) => have[index]);
}

/** The operations that ask a related unit about an upgrade; none where it is asked so already. @throws NodeNotFound */
export async function askOperations(
  coordinator: Coordinator,
  related: string,
  ask: UpgradeAsk,
): Promise<readonly Operation[]> {
  const path = paths.upgradeAsk(related, ask.unit);
  const [node, relatedNode] = await coordinator.getMany([path, paths.unit(related)]);
  if (relatedNode === undefined) throw new NodeNotFound({ path: paths.unit(related) });
  const value = nodeValue(ask);
  if (node?.value === value) return [];
  const write: Operation =
    node === undefined
      ? { kind: 'create', path, value }
      : { kind: 'set', path, value, version: node.version };
  return [...checkLife(ask.unit, ask.incarnation), write];
}

/** The operations that take back what a related unit was asked about `unit`, with its answer; none where neither stands. */
export async function withdrawAsk(
  coordinator: Coordinator,
  unit: string,
  related: string,
  incarnation: string | undefined,
): Promise<readonly Operation[]> {
  const [ask, word] = [paths.upgradeAsk(related, unit), paths.relatedWord(unit, related)];
  const nodes = await coordinator.getMany([ask, word]);
  const operations = [ask, word].flatMap((path, index): Operation[] => {
    const node = nodes[index];
    return node === undefined ? [] : [{ kind: 'remove', path, version: node.version }];
  });
  return operations.length === 0 ? [] : [...checkLife(unit, incarnation), ...operations];
}
