import type { Service, UnitBatch } from './service-schemas.js';

/** The units of a service that were asked for and are not made: of its deploy, and of what was added since. */
export function unmadeBatches({
  deploying,
  adding = [],
}: Pick<Service, 'deploying' | 'adding'>): readonly UnitBatch[] {
  return [...(deploying === undefined ? [] : [deploying]), ...adding];
}

/** The names of all units of a batch. */
export function namesOfBatch(
  service: string,
  { first, units }: Pick<UnitBatch, 'first' | 'units'>,
): readonly string[] {
  return Array.from({ length: units }, (_, index) => `${service}/${first + index}`);
}

/** What a service says when so many units of a batch are made; nothing once all are. */
export function withMade(service: Service, first: number, made: number): Service {
  const after = (batch: UnitBatch): readonly UnitBatch[] => {
    if (batch.first !== first) return [batch];
    return made >= batch.units ? [] : [{ ...batch, made }];
  };
  return withBatches(service, after);
}

/** A service that says of each of its batches what `after` gives. */
export function withBatches(
  { deploying, adding = [], ...service }: Service,
  after: (batch: UnitBatch) => readonly UnitBatch[],
): Service {
  const [deployed] = deploying === undefined ? [] : after(deploying);
  const added = adding.flatMap(after);
  return {
    ...service,
    ...(deployed !== undefined && { deploying: deployed }),
    ...(added.length > 0 && { adding: added }),
  };
}
