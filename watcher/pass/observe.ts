import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseSound, type Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Service, serviceSchema } from '../../state/model/schemas.js';

/** A service as it stands in the tree. */
export interface ObservedService {
  readonly name: string;
  readonly service: Service;
  readonly version: number;
}

/**
 * Reads all services that are there to stay.
 * @param problems gets the nodes that cannot be read, whose services are left alone
 */
export async function observeServices(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly ObservedService[]> {
  const names = (await coordinator.children(paths.services)) ?? [];
  const nodes = await coordinator.getMany(names.map(paths.service));
  return names.flatMap((name, index): readonly ObservedService[] => {
    const read = parseSound(paths.service(name), serviceSchema, nodes[index], problems);
    return read === undefined || read.value.destroying === true
      ? []
      : [{ name, service: read.value, version: read.version }];
  });
}
