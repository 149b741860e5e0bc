import type { FormulaChanges } from '../../state/formula/changes.js';
import { publishable } from '../../state/formula/publishable.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { unitsOfService } from '../../state/model/services.js';
import { holdQuestion, readQuestioned } from '../hold/held-back.js';
import { checkContent } from '../publish/check-content.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import type { Session } from '../session.js';
import { changesSince } from './compare.js';
import { type Misfits, misfitsOf } from './compatibility.js';
import { type PreviewedRollout, previewRollout } from './preview-waves.js';
import { readUnitErrors } from './unit-errors.js';
import { planUnits, type UnitPlan } from './unit-plan.js';
import { readableUnits } from './ask-units.js';
import { type FoundUpgrade, findUpgrade, tellPassedOver } from './find-upgrade.js';
import type { UpgradeEvent, UpgradeRequest } from './upgrade-request.js';

/** The findings of `upgrade-formula --dry-run`; programs get them as they are. */
export interface Preview {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /** Where the new formula lies. */
  readonly repository: string;
  /** The revision that `--bump` would write. */
  readonly bump?: number;
  /** Null where the service runs that formula already. */
  readonly changes: FormulaChanges | null;
  /** The parts of the service that it does not fit. */
  readonly misfits: Misfits;
  /** `inError`: the states of those to be flagged that are in an error. */
  readonly units: UnitPlan & { readonly inError: Readonly<Record<string, string>> };
  /** In which waves its units would go, and where it would pause. */
  readonly rollout: PreviewedRollout;
  readonly force: boolean;
}

/**
 * Finds out what an upgrade would do, and changes nothing.
 * @throws as `findUpgrade`, `checkContent` and `changesSince`
 */
export async function previewUpgrade(
  session: Session,
  request: UpgradeRequest,
  tell: (event: UpgradeEvent) => void,
): Promise<Preview> {
  const found = await findUpgrade(session, { ...request, dryRun: true });
  tellPassedOver(found, tell);
  return withWorkDirectory((directory) => previewIn(directory, session, found, request, tell));
}

async function previewIn(
  directory: string,
  session: Session,
  found: FoundUpgrade,
  request: UpgradeRequest,
  tell: (event: UpgradeEvent) => void,
): Promise<Preview> {
  const { coordinator } = session;
  const { name, service, target, repository } = found;
  const { formula } = service;
  const units = await readableUnits(session, await unitsOfService(coordinator, name), tell);
  const { force } = request;
  const [question, holds] = await readQuestioned(coordinator, holdQuestion(request));
  const plan = planUnits(units, target.id, question, holds);
  const errors = await readUnitErrors(coordinator, plan.upgrade);
  const prepared =
    target.candidate && (await publishable(target.candidate, directory, tell, session.environment.trust));
  if (prepared !== undefined && target.wouldBump === undefined) {
    const published = await readFormulaRecord(coordinator, target.id);
    if (published) await checkContent(session, target.id, published, prepared);
  }
  const newer = prepared !== undefined && target.id !== formula ? prepared : undefined;
  return {
    service: name,
    from: formula,
    to: target.id,
    repository,
    ...(target.wouldBump !== undefined && { bump: target.wouldBump }),
    changes: newer === undefined ? null : await changesSince(session, formula, newer, directory),
    misfits:
      newer === undefined
        ? { relations: [], config: [] }
        : await misfitsOf(session, name, service, target.id, newer.formula),
    units: { ...plan, inError: Object.fromEntries([...errors].map(([unit, { state }]) => [unit, state])) },
    rollout: await previewRollout(session, found, request, plan, newer?.formula.metadata, holds),
    force,
  };
}
