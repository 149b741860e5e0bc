import { paths } from '../../state/model/paths.js';
import { formulaRecordSchema } from '../../state/model/service-schemas.js';
import type { Storage } from '../../state/storage/storage.js';

/** Objects that are looked for in the storage at a time. */
const MOST_LOOKED_FOR = 8;

/** The ids of the formulas among these nodes, values by paths, whose bundle is not in the storage. */
export async function formulasWithoutBundle(
  nodes: ReadonlyMap<string, string>,
  storage: Storage,
): Promise<readonly string[]> {
  const waiting = [...nodes].filter(([path]) => path.startsWith(`${paths.formulas}/`));
  const missing: string[] = [];
  const look = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [path, value] = next;
      const { success, data } = formulaRecordSchema.safeParse(JSON.parse(value));
      if (success && (await storage.size(data.storageKey)) !== data.size)
        missing.push(path.slice(paths.formulas.length + 1));
    }
  };
  await Promise.all(Array.from({ length: MOST_LOOKED_FOR }, look));
  return missing.sort();
}
