import { join } from 'node:path';
import { type FormulaChanges, formulaChanges } from '../../state/formula/changes.js';
import { configOptionsSchema } from '../../state/formula/config-options.js';
import type { Publishable } from '../../state/formula/publishable.js';
import { bundleManifest } from '../../state/formula/read-bundle.js';
import { NodeInvalid } from '../../state/model/errors.js';
import { metadataOf, requireFormulaRecord } from '../../state/model/formulas.js';
import { paths } from '../../state/model/paths.js';
import { ofFormula } from '../../state/storage/errors.js';
import { fetchObject } from '../../state/storage/fetch.js';
import type { Session } from '../session.js';

/**
 * The changes from a published formula, whose bundle is downloaded and verified for it, to the prepared one.
 * @throws FormulaNotPublished, NodeInvalid, ObjectNotFound, ObjectDamaged, StorageUnreachable
 */
export async function changesSince(
  { coordinator, storage }: Session,
  published: string,
  { formula, manifest }: Publishable,
  workDirectory: string,
): Promise<FormulaChanges> {
  const { sha256, size, storageKey, ...record } = await requireFormulaRecord(coordinator, published);
  const metadata = metadataOf(published, record);
  const config = configOptionsSchema.safeParse(record.config);
  if (!config.success)
    throw new NodeInvalid({ path: paths.formula(published), field: 'config', reason: 'it cannot be read' });
  const bundle = join(workDirectory, 'published.tar.gz');
  await fetchObject(await storage(), storageKey, { sha256, size }, bundle).catch((error: unknown) => {
    throw ofFormula(error, published);
  });
  return formulaChanges(
    { manifest: await bundleManifest(bundle), metadata, config: config.data },
    { manifest, metadata: formula.metadata, config: formula.config },
  );
}
