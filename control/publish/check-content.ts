import { sameManifest } from '../../state/formula/manifest.js';
import type { Publishable } from '../../state/formula/publishable.js';
import { bundleManifest } from '../../state/formula/read-bundle.js';
import { FormulaPublishedDiffers } from '../../state/model/errors.js';
import type { FormulaRecord } from '../../state/model/service-schemas.js';
import { ofFormula } from '../../state/storage/errors.js';
import { fetchObject } from '../../state/storage/fetch.js';
import type { Session } from '../session.js';

/**
 * Checks that what is published under an id is this content: by the bundle, and where that is another one by the files
 * in it, as 0.1.0 compressed what is stored today.
 * @throws FormulaPublishedDiffers; ObjectNotFound, ObjectDamaged, StorageUnreachable
 */
export async function checkContent(
  { storage }: Session,
  formulaId: string,
  { sha256, size, storageKey }: FormulaRecord,
  { bundle, digest, source, manifest }: Publishable,
): Promise<void> {
  if (sha256 === digest.sha256) return;
  const published = `${bundle}.published`;
  await fetchObject(await storage(), storageKey, { sha256, size }, published).catch((error: unknown) => {
    throw ofFormula(error, formulaId);
  });
  if (!sameManifest(manifest, await bundleManifest(published)))
    throw new FormulaPublishedDiffers({
      formula: formulaId,
      source,
      publishedSha256: sha256,
      sha256: digest.sha256,
    });
}
