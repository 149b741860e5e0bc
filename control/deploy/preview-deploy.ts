import { plainRepository } from '../../state/formula/candidate-mark.js';
import { formatFormulaId, parseFormulaId } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { requireOpenMachine } from '../../state/model/placement.js';
import { checkContent } from '../publish/check-content.js';
import type { PublishEvent } from '../publish/publish.js';
import { refuseRaisedUnsigned, underDevelopment } from '../publish/raise-revision.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import type { Session } from '../session.js';
import { candidateIn, type DeployRequest, findService, openWanted } from './deploy.js';
import { requireSameDeploy, runsAnother } from './same-deploy.js';

/** What `deploy --dry-run` finds; programs get it as it is. */
export interface DeployPreview {
  readonly service: string;
  /** The formula's id. */
  readonly formula: string;
  /** Where it lies, as the service would remember it. */
  readonly repository: string;
  /** The revision that `--upgrade` would write. */
  readonly bump?: number;
  /** Whether the formula is published already, with this content. */
  readonly published: boolean;
  /** Of the bundle; null where its revision would be raised first, which makes another one. */
  readonly bundle: { readonly sha256: string; readonly size: number } | null;
  readonly subordinate: boolean;
  /** How many would be made; 0 of a subordinate. */
  readonly units: number;
  /** Where all of them would go; null leaves that to Ensemble. */
  readonly machine: string | null;
  /** The options that would be set: their names alone, as values may be secrets. */
  readonly config: readonly string[];
  /** The service is there already, as the same command without `--dry-run` would make it. */
  readonly stands: boolean;
  /** What the formula's author should mend. */
  readonly warnings: readonly string[];
}

/**
 * Finds out what a deploy would do, and changes nothing; all that a deploy is refused for, this is refused for too.
 * @throws as `deployFormula`
 */
export async function previewDeploy(
  session: Session,
  request: DeployRequest,
  tell: (event: PublishEvent) => void,
): Promise<DeployPreview> {
  const { coordinator } = session;
  const { service, machine = null, raise } = request;
  const standing = await findService(coordinator, service);
  if (standing === undefined && machine !== null) await requireOpenMachine(coordinator, machine);
  const repository = await openWanted(session, request);
  const isRaised = raise && standing === undefined;
  if (isRaised) refuseRaisedUnsigned(session, request.formula);
  const candidate = isRaised
    ? underDevelopment(repository, request.formula)
    : candidateIn(repository, request);
  const found = formatFormulaId(candidate.id);
  const raised = isRaised ? candidate.id.revision + 1 : undefined;
  const formula =
    raised === undefined ? found : formatFormulaId({ ...parseFormulaId(found), revision: raised });
  if (standing !== undefined && standing.formula !== formula) throw runsAnother(service, standing, formula);
  return withWorkDirectory(async (directory) => {
    const prepared = await publishable(candidate, directory, tell, session.environment.trust);
    const { subordinate } = prepared.formula.metadata;
    const config = await request.configOf(formula, prepared.formula);
    const units = subordinate ? undefined : (request.units ?? 1);
    const origin = { name: plainRepository({ repository: repository.name }), path: repository.location };
    if (standing !== undefined)
      await requireSameDeploy(session, service, standing, {
        formula,
        prepared,
        repository: origin,
        config,
        units,
        machine: request.machine,
      });
    const published = raised === undefined ? await readFormulaRecord(coordinator, formula) : undefined;
    if (published !== undefined) await checkContent(session, formula, published, prepared);
    return {
      service,
      formula,
      repository: repository.location,
      ...(raised !== undefined && { bump: raised }),
      published: published !== undefined,
      bundle: raised === undefined ? { ...prepared.digest } : null,
      subordinate,
      units: units ?? 0,
      machine,
      config: Object.keys(config).sort(),
      stands: standing !== undefined,
      warnings: prepared.formula.warnings,
    };
  });
}
