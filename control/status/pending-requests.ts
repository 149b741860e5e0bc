import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseSound, type Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type * as z from '../../state/platform/zod.js';
import { abortSchema, flagSchema, removalSchema, resolvedSchema } from '../../state/model/request-schemas.js';

/** A request of an operator that nobody has taken up: the agent of its unit is not there. */
export interface PendingRequest {
  /** The command, without the unit: e.g. `abort`, `resolved --retry`, `revert-formula`. */
  readonly what: string;
  /** Of a `resolved`: the relation it is about, by its number. */
  readonly relation?: string;
  readonly by: string;
  /** When it was asked. */
  readonly since: string;
}

const RELATION = 'resolved-';

/**
 * Reads what is asked of units and stands, in the order in which it was asked. Whoever takes a request up takes it off, so
 * that of units whose agents are away each one waits. Requests of commands that wait themselves are not told: they end with
 * the command.
 * @param problems gets the nodes that cannot be read
 */
export async function readPendingRequests(
  coordinator: Coordinator,
  units: readonly string[],
  problems: Problem[],
): Promise<ReadonlyMap<string, readonly PendingRequest[]>> {
  const names = await Promise.all(units.map((unit) => coordinator.children(paths.unit(unit))));
  const wanted = units.flatMap((unit, index) =>
    (names[index] ?? []).flatMap((name) => {
      const path = `${paths.unit(unit)}/${name}`;
      const read = readerOf(name);
      return read === undefined ? [] : [{ unit, path, read }];
    }),
  );
  const nodes = await coordinator.getMany(wanted.map(({ path }) => path));
  const found = new Map<string, PendingRequest[]>();
  for (const [index, { unit, path, read }] of wanted.entries()) {
    const request = read((schema) => parseSound(path, schema, nodes[index], problems)?.value);
    if (request !== undefined) found.set(unit, [...(found.get(unit) ?? []), request]);
  }
  for (const requests of found.values()) requests.sort((a, b) => a.since.localeCompare(b.since, 'en'));
  return found;
}

/** Reads a node of a schema where it is what it should be. */
type Parse = <T>(schema: z.ZodMiniType<T>) => T | undefined;

/** How the request of a node below a unit's is read; undefined of a node that is none. */
function readerOf(name: string): ((parse: Parse) => PendingRequest | undefined) | undefined {
  if (name === 'abort') return (parse) => told(parse(abortSchema), () => 'abort');
  if (name === 'removal')
    return (parse) =>
      told(parse(removalSchema), ({ purge }) => (purge === true ? 'remove-unit --purge' : 'remove-unit'));
  if (name === 'upgrade')
    return (parse) =>
      told(parse(flagSchema), ({ revert, force }) =>
        revert === true ? 'revert-formula' : force === true ? 'upgrade-formula --force' : 'upgrade-formula',
      );
  if (name !== 'resolved' && !name.startsWith(RELATION)) return undefined;
  return (parse) => {
    const request = told(parse(resolvedSchema), ({ retry }) => (retry ? 'resolved --retry' : 'resolved'));
    if (request === undefined || name === 'resolved') return request;
    return { ...request, relation: name.slice(RELATION.length) };
  };
}

function told<T extends { readonly by: string; readonly requestedAt: string }>(
  request: T | undefined,
  what: (request: T) => string,
): PendingRequest | undefined {
  return request && { what: what(request), by: request.by, since: request.requestedAt };
}
