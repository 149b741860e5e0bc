import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import type { Formula } from '../../state/formula/formula.js';
import type { Metadata } from '../../state/formula/metadata.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import type { RelationNode } from '../../state/model/relations.js';
import { goalOf, isOpen, readRollout, writeRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import type { Begun } from '../rollout/begin.js';
import { lastCompleted, rememberedBefore } from '../rollout/last-completed.js';
import { setFormula } from '../rollout/set-formula.js';
import { inState } from '../rollout/written.js';
import { FormulaReverted, UpgradeOvertaken } from '../errors.js';
import { checkFit } from './compatibility.js';

/**
 * Sets the formula that a service shall run, version-checked: of two operators at once, the one with the higher
 * revision wins, whoever comes first; with the same revision both do. Its peer relations become those of the formula.
 * @param force also where relations in use are dropped or changed, and where the service went back from the formula
 * @param origin the repository where the formula was found, to look there from now on; undefined to leave the origin as it is. The
 *   repository's name stays: it is part of the formula's id
 * @param asked goes on the service's record where its formula changes
 * @param begin gives the rollout that begins where its formula changes; in the same transaction
 * @throws ServiceNotFound, ServiceDestroying, UpgradeOvertaken, FormulaReverted, RelationsInUse, SubordinateChanged
 */
export async function setTarget(
  coordinator: Coordinator,
  service: string,
  formulaId: string,
  formula: Formula,
  { origin, force }: { readonly origin: string | undefined; readonly force: boolean },
  asked: HistoryEntry,
  begin?: (current: Service, metadata: Metadata) => Promise<Begun>,
): Promise<void> {
  const { revision } = parseFormulaId(formulaId);
  let begun: Begun | undefined;
  const edit = async (current: Service, relations: readonly RelationNode[]): Promise<Service | undefined> => {
    begun = undefined;
    if (current.destroying) throw new ServiceDestroying({ service });
    const deployed = parseFormulaId(current.formula);
    if (deployed.revision > revision)
      throw new UpgradeOvertaken({ service, wanted: formulaId, formula: current.formula });
    const repository = origin === undefined ? current.repository : { ...current.repository, path: origin };
    if (current.formula === formulaId && current.repository.path === repository.path) return undefined;
    if (current.formula === formulaId) return { ...current, repository };
    if (!force && current.bad?.includes(formulaId))
      throw new FormulaReverted({ service, formula: formulaId });
    checkFit(service, current, relations, formulaId, formula, force);
    begun = await begin?.(current, formula.metadata);
    const bad = current.bad?.filter((id) => id !== formulaId);
    const completed =
      begun?.rollout.revertTo ?? lastCompleted(current, (await readRollout(coordinator, service, []))?.value);
    const { formula: _formula, startWith: before, forUnits: _forUnits, ...rest } = current;
    // Where only single units go there, new ones begin with what is tried by no canary still.
    const startWith = begun === undefined ? before : begun.startWith;
    return {
      ...rest,
      formula: formulaId,
      ...rememberedBefore(current, completed),
      ...(begun === undefined && { forUnits: true }),
      repository,
      ...(bad && { bad }),
      ...(startWith !== undefined && { startWith }),
    };
  };
  await setFormula(
    coordinator,
    service,
    edit,
    asked,
    undefined,
    async () => begun?.operations ?? (await supersedeOpen(coordinator, service, formulaId, asked)),
  );
}

/**
 * The operations that end a rollout which leads elsewhere, where only single units go to the new formula. Nobody drives one that
 * waits for a word, so that it would go on naming that word, which it refuses. One that makes a clone looks after that itself.
 */
async function supersedeOpen(
  coordinator: Coordinator,
  service: string,
  formulaId: string,
  { at, by }: HistoryEntry,
): Promise<readonly Operation[]> {
  const standing = await readRollout(coordinator, service, []);
  if (standing === undefined || standing.value.clone !== undefined) return [];
  if (!isOpen(standing.value) || goalOf(standing.value) === formulaId) return [];
  const next = { state: 'superseded', reason: `the service was set to ${formulaId}` };
  return writeRollout(service, standing, inState(standing.value, next, Date.parse(at), by));
}
