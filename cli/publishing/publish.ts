import type { Publishable } from '../../state/formula/publishable.js';
import { readFormulaRecord, registerFormula } from '../../state/model/formulas.js';
import { bundleKey } from '../../state/storage/key.js';
import type { Output } from '../output/output.js';
import type { Session } from '../session.js';
import { checkContent } from './check-content.js';

/**
 * Makes a formula available to agents under `formulaId`: first its bundle in the storage, unless it is there, then its
 * node, so that no agent looks for an object that is not there. Publishing the same content again is a success; the bundle
 * stays the one that was published first.
 * @param now milliseconds since the epoch
 * @throws FormulaPublishedDiffers, before anything is uploaded where it can be known then; StorageUnreachable, …
 */
export async function publish(
  session: Session,
  formulaId: string,
  prepared: Publishable,
  output: Output,
  now: number,
): Promise<void> {
  const { coordinator, storage } = session;
  const { bundle, digest, formula } = prepared;
  for (const warning of formula.warnings) output.warn(warning);
  const key = bundleKey(digest.sha256);
  const target = await storage();
  const [published, stored] = await Promise.all([
    readFormulaRecord(coordinator, formulaId),
    target.size(key),
  ]);
  if (published !== undefined) {
    await checkContent(session, formulaId, published, prepared);
    if (published.sha256 !== digest.sha256) return;
  }
  if (stored !== digest.size) await target.put(key, bundle);
  const record = {
    ...digest,
    storageKey: key,
    metadata: { ...formula.metadata },
    config: { ...formula.config },
    publishedAt: new Date(now).toISOString(),
  };
  await registerFormula(coordinator, formulaId, record, formula.directory);
  if (published === undefined) output.notice(`published ${formulaId}`);
}
