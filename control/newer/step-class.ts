import type { Coordinator } from '../../state/coordination/coordinator.js';
import { plainRepository } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { releaseOf } from '../../state/formula/release.js';
import { metadataOf, requireFormulaRecord } from '../../state/model/formulas.js';
import { relationsOfService } from '../../state/model/relations.js';
import type { ConfigValues } from '../../state/model/service-schemas.js';
import { classify } from './classify.js';
import { readRevision } from './facts.js';

/** A step of one unit, from one published formula to another. */
export interface Step {
  readonly service: string;
  /** Formula ids. */
  readonly from: string;
  readonly to: string;
  /** The values that operators set. */
  readonly values: ConfigValues;
  /** Formula ids that the unit went back from. */
  readonly bad: readonly string[];
}

/**
 * The opinion about one step, as its unit's formula is told it. The agents of other units are left out: the one that asks is at
 * work.
 * @returns `class` empty where `to` is no later revision of the same formula
 * @throws FormulaNotPublished, NodeInvalid
 */
export async function classOfStep(
  coordinator: Coordinator,
  { service, from, to, values, bad }: Step,
): Promise<{ readonly class: string; readonly urgent: string }> {
  const [old, next] = [parseFormulaId(from), parseFormulaId(to)];
  const record = await requireFormulaRecord(coordinator, to);
  const urgent = releaseOf(metadataOf(to, record)).urgent ?? '';
  const isOne = old.name === next.name && plainRepository(old) === next.repository;
  if (!isOne) return { class: '', urgent };
  const [deployed, offered, relations] = await Promise.all([
    readRevision(coordinator, from, old),
    readRevision(coordinator, to, next),
    relationsOfService(coordinator, service),
  ]);
  const { candidates } = classify(deployed, [offered], {
    service,
    relations,
    values,
    agents: [],
    bad: bad.includes(to) ? [next.revision] : [],
    subordinate: deployed.metadata.subordinate,
  });
  return { class: candidates[0]?.class ?? '', urgent };
}
