import { hookIn } from '../../state/formula/hook-names.js';
import { type Preparing, type Publishable, WORTH_TELLING } from '../../state/formula/publishable.js';
import { claimBundle } from '../../state/model/bundles.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { FormulaNotPublished, FormulaPublishedDiffers } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { readFormulaRecord, registerFormula, signFormula } from '../../state/model/formulas.js';
import type { Requester } from '../../state/model/requester.js';
import { nameApart } from '../repositories/names.js';
import type { Session } from '../session.js';
import { checkContent } from './check-content.js';

/** Publications in a row that may be pruned before anybody takes them up. */
const MOST_TRIES = 3;

/** The events while a formula is published. */
export type PublishEvent =
  | Preparing
  /** A large bundle is brought into the storage; `size` in bytes. */
  | { readonly kind: 'uploading'; readonly formula: string; readonly size: number }
  /** Something about the formula that its author should mend. */
  | { readonly kind: 'warning'; readonly text: string }
  /** It was not there before. */
  | { readonly kind: 'published'; readonly formula: string }
  /** It was published, and the storage had lost its bundle: that is there again. */
  | { readonly kind: 'restored'; readonly formula: string; readonly storage: string };

/**
 * Makes a formula available to agents under `formulaId`: first its bundle in the storage, unless it is there, then its
 * node, so that no agent looks for an object that is not there. Publishing the same content again is a success; the bundle
 * stays the one that was published first. A bundle that is pruned at the same moment is published under another key.
 * @param now milliseconds since the epoch
 * @param tell hears of what happens, in its order
 * @param take has a service take the formula up; where it was pruned by then, as nobody needed it yet, it is published
 *   once more
 * @param url of the repository in which it was found, where the id may begin with another name of that
 * @returns whether it was published before, and the storage had lost its bundle: see `recordRestored`
 * @throws FormulaPublishedDiffers, before anything is uploaded where it can be known then; StorageUnreachable, …
 */
export async function publish(
  session: Session,
  formulaId: string,
  prepared: Publishable,
  now: number,
  tell: (event: PublishEvent) => void,
  take: () => Promise<void>,
  url?: string,
): Promise<boolean> {
  let isRestored = false;
  const told = (event: PublishEvent): void => {
    if (event.kind === 'restored') isRestored = true;
    tell(event);
  };
  for (const text of prepared.formula.warnings) tell({ kind: 'warning', text });
  for (let tries = 1; ; tries += 1) {
    const isNew = await retryOnConflict(`formula ${formulaId}`, () =>
      publishOnce(session, formulaId, prepared, now, told),
    ).catch(async (error: unknown) => {
      throw error instanceof FormulaPublishedDiffers && url !== undefined
        ? await toldApart(session, url, error)
        : error;
    });
    if (isNew) tell({ kind: 'published', formula: formulaId });
    try {
      await take();
      return isRestored;
    } catch (error) {
      const pruned = error instanceof FormulaNotPublished && error.formula === formulaId;
      if (!pruned || tries >= MOST_TRIES) throw error;
    }
  }
}

/** The same error, which says so where the other content is that of another repository of this name. */
async function toldApart(
  session: Session,
  url: string,
  error: FormulaPublishedDiffers,
): Promise<FormulaPublishedDiffers> {
  const { formula, source, publishedSha256, sha256 } = error;
  const apart = await nameApart(session, formula, url);
  return apart === undefined
    ? error
    : new FormulaPublishedDiffers({ formula, source, publishedSha256, sha256, apart }, { cause: error });
}

/** Has it on the environment's record that a bundle which was lost is stored again, and who had that done. */
export async function recordRestored(
  { coordinator }: Session,
  formulaId: string,
  by: Requester,
): Promise<void> {
  const message = 'again: its bundle was missing in the storage';
  const entry = requestEntry(by, { what: 'publish', to: formulaId, message });
  await retryOnConflict('the history', async () =>
    coordinator.transaction(await recordEnvironmentOperations(coordinator, entry)),
  );
}

/** @returns whether it was not published before */
async function publishOnce(
  session: Session,
  formulaId: string,
  prepared: Publishable,
  now: number,
  tell: (event: PublishEvent) => void,
): Promise<boolean> {
  const { coordinator } = session;
  const { bundle, digest, formula, manifest } = prepared;
  const target = await session.storage();
  const [published, claim] = await Promise.all([
    readFormulaRecord(coordinator, formulaId),
    claimBundle(coordinator, digest.sha256),
  ]);
  if (published !== undefined) {
    await checkContent(session, formulaId, published, prepared);
    if (published.sha256 !== digest.sha256) return false;
    const { signature } = prepared;
    // A signature that this environment believes takes the place of any other.
    const isBetter = session.environment.trust !== undefined || published.signature === undefined;
    if (signature !== undefined && signature !== published.signature && isBetter)
      await signFormula(coordinator, formulaId, signature);
  }
  const key = published?.storageKey ?? claim.key;
  const stored = await target.size(key);
  if (stored !== digest.size) {
    if (digest.size > WORTH_TELLING) tell({ kind: 'uploading', formula: formulaId, size: digest.size });
    await target.put(key, bundle);
  }
  if (published !== undefined) {
    if (stored === undefined) tell({ kind: 'restored', formula: formulaId, storage: target.url });
    return false;
  }
  const record = {
    ...digest,
    storageKey: key,
    metadata: { ...formula.metadata },
    config: { ...formula.config },
    hooks: manifest.flatMap(({ kind, path }) => (kind === 'directory' ? [] : (hookIn(path) ?? []))),
    ...(prepared.signature !== undefined && { signature: prepared.signature }),
    ...(prepared.change !== undefined && { change: { ...prepared.change } }),
    ...(prepared.offered !== undefined && { offered: prepared.offered }),
    publishedAt: new Date(now).toISOString(),
  };
  await registerFormula(coordinator, formulaId, record, prepared.source, claim);
  return true;
}
