import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { type Metadata, metadataSchema } from '../formula/metadata.js';
import { nodeValue, readEntity } from './entity.js';
import { FormulaNotPublished, FormulaPublishedDiffers, NodeInvalid } from './errors.js';
import { paths } from './paths.js';
import { type FormulaRecord, formulaRecordSchema } from './schemas.js';

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
  if (record === undefined) throw new FormulaNotPublished(formulaId);
  return record;
}

/** What a published formula's `metadata.yaml` says. @throws FormulaNotPublished, NodeInvalid */
export async function requireMetadata(coordinator: Coordinator, formulaId: string): Promise<Metadata> {
  return metadataOf(formulaId, await requireFormulaRecord(coordinator, formulaId));
}

/** The metadata in a formula's record. @throws NodeInvalid */
export function metadataOf(formulaId: string, { metadata }: Pick<FormulaRecord, 'metadata'>): Metadata {
  const parsed = metadataSchema.safeParse(metadata);
  if (parsed.success) return parsed.data;
  throw new NodeInvalid(paths.formula(formulaId), 'metadata', 'it cannot be read');
}

/**
 * Registers a formula whose bundle is in storage already: first the object, then the node that names it, so that no
 * agent ever looks for an object that is not there. Registering the same content again is a success; the claim of an
 * id is the creation of its node, so of two contents published at the same time one wins.
 * @param source where the content came from, for the message
 * @throws FormulaPublishedDiffers when the id stands for another content
 */
export async function registerFormula(
  coordinator: Coordinator,
  formulaId: string,
  record: FormulaRecord,
  source: string,
): Promise<void> {
  try {
    await coordinator.create(paths.formula(formulaId), nodeValue(record));
  } catch (error) {
    if (!(error instanceof NodeExists)) throw error;
    const published = await requireFormulaRecord(coordinator, formulaId);
    if (published.sha256 !== record.sha256)
      throw new FormulaPublishedDiffers(formulaId, source, published.sha256, record.sha256);
  }
}
