import { parseSound } from '../../state/model/entity.js';
import { layoutSchema } from '../../state/model/environment-schemas.js';
import { EnvironmentImported, type EnvironmentNotEmpty } from '../../state/model/errors.js';
import { paths } from '../../state/model/paths.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import * as z from '../../state/platform/zod.js';
import type { Session } from '../session.js';
import type { ImportRequest } from './import-request.js';
import { lookThrough } from './read-tree.js';

const recordSchema = z.looseObject({
  entries: z.array(z.looseObject({ id: z.optional(z.string()), what: z.string() })),
});

/**
 * Checks that the environment that is there is exactly what the export has, but for the imports on its record. One look is
 * enough: whatever changes it meanwhile is no part of the export.
 * @throws EnvironmentImported where it is the same environment and has gone on since, EnvironmentNotEmpty where it is another
 */
export async function requireSame(
  { coordinator, environment }: Session,
  { exported, file }: ImportRequest,
  notEmpty: (path: string) => EnvironmentNotEmpty,
): Promise<void> {
  const standing = await lookThrough(coordinator);
  const layout = standing.get(paths.layout);
  const id = layout && parseSound(paths.layout, layoutSchema, layout, [])?.value.environment;
  const { environment: wanted } = exported.layout;
  if (wanted !== undefined && wanted !== id) throw notEmpty(paths.layout);
  for (const path of new Set([...exported.nodes.keys(), ...standing.keys()])) {
    const here = standing.get(path)?.value;
    const there = exported.nodes.get(path) ?? (treeRoots.includes(path) ? '{}' : undefined);
    if (here === there || path === paths.history) continue;
    if (path === paths.layout && wanted === undefined && withoutId(here) === withoutId(there)) continue;
    if (path === paths.environmentHistory && isWithImports(here, there)) continue;
    throw wanted === undefined
      ? notEmpty(path)
      : new EnvironmentImported({ environment: environment.name, file, path });
  }
}

/** A tree of release 0.1.0 has no id, and gets one from whoever asks first. */
function withoutId(layout: string | undefined): string {
  return JSON.stringify({ ...JSON.parse(layout ?? '{}'), environment: undefined });
}

/** True if nothing but imports went on record. The oldest entries go where there are many. */
function isWithImports(here: string | undefined, there: string | undefined): boolean {
  const entriesOf = (value: string | undefined) => {
    const parsed = recordSchema.safeParse(JSON.parse(value ?? '{"entries":[]}'));
    return parsed.success ? parsed.data.entries : undefined;
  };
  const [now, before] = [entriesOf(here), entriesOf(there)];
  if (now === undefined || before === undefined) return false;
  const known = before.map((entry) => JSON.stringify(entry));
  const rest = now.filter((entry) => entry.what !== 'import' || known.includes(JSON.stringify(entry)));
  return known.slice(known.length - rest.length).join() === rest.map((entry) => JSON.stringify(entry)).join();
}
