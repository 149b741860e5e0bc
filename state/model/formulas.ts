import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { type Metadata, metadataSchema } from '../formula/metadata.js';
import type { BundleClaim } from './bundles.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { FormulaNotPublished, FormulaPublishedDiffers, NodeInvalid } from './errors.js';
import { paths } from './paths.js';
import { type FormulaRecord, formulaRecordSchema } from './service-schemas.js';

/** The published formula of this id, or undefined. */
export async function readFormulaRecord(
  coordinator: Coordinator,
  formulaId: string,
): Promise<FormulaRecord | undefined> {
  return (await readEntity(coordinator, paths.formula(formulaId), formulaRecordSchema))?.value;
}

/** @throws FormulaNotPublished */
export async function requireFormulaRecord(
  coordinator: Coordinator,
  formulaId: string,
): Promise<FormulaRecord> {
  const record = await readFormulaRecord(coordinator, formulaId);
  if (record === undefined) throw new FormulaNotPublished({ formula: formulaId });
  return record;
}

/**
 * Reads a published formula's metadata, and gives the operation with which a service takes it up: it writes the
 * record as it stands, so that nobody removes it at the same moment as one that nobody needs.
 * @throws FormulaNotPublished, NodeInvalid
 */
export async function takeUpFormula(
  coordinator: Coordinator,
  formulaId: string,
): Promise<{ readonly metadata: Metadata; readonly operation: Operation }> {
  const path = paths.formula(formulaId);
  const found = await readEntity(coordinator, path, formulaRecordSchema);
  if (found === undefined) throw new FormulaNotPublished({ formula: formulaId });
  const { value, version } = found;
  return {
    metadata: metadataOf(formulaId, value),
    operation: { kind: 'set', path, value: nodeValue(value), version },
  };
}

/**
 * Writes a published formula's record as it stands. Whoever needs the formula by something that a pruning reads after the
 * records does so after that: then a pruning either sees it or does not apply.
 * @throws FormulaNotPublished
 */
export async function touchFormula(coordinator: Coordinator, formulaId: string): Promise<void> {
  await retryOnConflict(`formula ${formulaId}`, async () => {
    const { operation } = await takeUpFormula(coordinator, formulaId);
    await coordinator.transaction([operation]);
  });
}

/** The `metadata.yaml` of a published formula. @throws FormulaNotPublished, NodeInvalid */
export async function requireMetadata(coordinator: Coordinator, formulaId: string): Promise<Metadata> {
  return metadataOf(formulaId, await requireFormulaRecord(coordinator, formulaId));
}

/** The metadata in a formula's record. @throws NodeInvalid */
export function metadataOf(formulaId: string, { metadata }: Pick<FormulaRecord, 'metadata'>): Metadata {
  const parsed = metadataSchema.safeParse(metadata);
  if (parsed.success) return parsed.data;
  throw new NodeInvalid({ path: paths.formula(formulaId), field: 'metadata', reason: 'it cannot be read' });
}

/**
 * Puts a signature to a published formula, in the place of the one before. @throws FormulaNotPublished, VersionConflict
 */
export async function signFormula(
  coordinator: Coordinator,
  formulaId: string,
  signature: string,
): Promise<void> {
  const path = paths.formula(formulaId);
  const found = await readEntity(coordinator, path, formulaRecordSchema);
  if (found === undefined) throw new FormulaNotPublished({ formula: formulaId });
  await coordinator.set(path, nodeValue({ ...found.value, signature }), found.version);
}

/**
 * Registers a formula whose bundle is in storage already: first the object, then the node that names it, so that no
 * agent ever looks for an object that is not there. Registering the same content again is a success; the claim of an
 * id is the creation of its node, so of two contents published at the same time one wins.
 * @param source where the content came from, for the message
 * @param claim of the bundle, where it may be pruned at the same time
 * @throws FormulaPublishedDiffers when the id stands for another content; VersionConflict when the claim is over
 */
export async function registerFormula(
  coordinator: Coordinator,
  formulaId: string,
  record: FormulaRecord,
  source: FormulaPublishedDiffers['source'],
  claim?: BundleClaim,
): Promise<void> {
  const path = paths.formula(formulaId);
  try {
    await coordinator.transaction([
      ...(claim === undefined ? [] : [claim.operation]),
      { kind: 'create', path, value: nodeValue(record) },
    ]);
  } catch (error) {
    if (!(error instanceof NodeExists)) throw error;
    const published = await requireFormulaRecord(coordinator, formulaId);
    if (published.sha256 !== record.sha256)
      throw new FormulaPublishedDiffers({
        formula: formulaId,
        source,
        publishedSha256: published.sha256,
        sha256: record.sha256,
      });
  }
}
