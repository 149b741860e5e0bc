import { isDeepStrictEqual } from 'node:util';
import { isAfter, plainRepository } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Publishable } from '../../state/formula/publishable.js';
import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { FormulaPublishedDiffers, ServiceExists } from '../../state/model/errors.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import type { ConfigValues, Service } from '../../state/model/service-schemas.js';
import { readConfigValues } from '../../state/model/services.js';
import { checkContent } from '../publish/check-content.js';
import type { Session } from '../session.js';
import { readServiceState } from '../status/snapshot.js';

/** The goal of a deploy. */
export interface WantedDeploy {
  readonly formula: string;
  readonly prepared: Publishable;
  readonly repository: { readonly name: string; readonly path: string };
  /** The values that are set, and no others. */
  readonly config: ConfigValues;
  /** Undefined of a subordinate, whose units others bring. */
  readonly units: number | undefined;
  /** Where all of them go; undefined leaves that to Ensemble. */
  readonly machine: string | undefined;
}

/**
 * Tells a deploy that was interrupted, or is just done, from another one under the same name: the service runs this very
 * formula, from this repository, with these values, and has these units, or is still to get them.
 * @returns the units that it has, without those it is still to get
 * @throws ServiceExists, which says what is otherwise; StorageUnreachable
 */
export async function requireSameDeploy(
  session: Session,
  name: string,
  standing: Service,
  wanted: WantedDeploy,
): Promise<readonly string[]> {
  const { coordinator } = session;
  const differs = (what?: string, leads?: string): ServiceExists =>
    new ServiceExists({ service: name, formula: standing.formula, differs: what, leads });
  if (standing.formula !== wanted.formula) throw runsAnother(name, standing, wanted.formula);
  if (standing.repository.path !== wanted.repository.path)
    throw differs(`from the repository ${standing.repository.path}`);
  if (!(await isSameContent(session, wanted))) throw differs('with other files than are there now');
  const config = await readConfigValues(coordinator, name);
  if (!isDeepStrictEqual({ ...config }, { ...wanted.config })) {
    const options = optionsThatDiffer(config, wanted.config);
    throw differs(
      `with another config: ${options.join(', ')}`,
      setCommand(name, options, (option) => Object.hasOwn(wanted.config, option)),
    );
  }
  const { units = [] } = (await readServiceState(coordinator, name)) ?? {};
  const there = units.filter(({ removing }) => removing !== true);
  const names = there.map((unit) => unit.name);
  if (wanted.units === undefined) return names;
  const { deploying } = standing;
  const count = deploying?.units ?? there.length;
  if (count !== wanted.units)
    throw differs(
      `with ${count} unit${count === 1 ? '' : 's'}, and not ${wanted.units}`,
      count > wanted.units
        ? 'ensemble remove-unit UNIT'
        : `ensemble add-unit -n ${wanted.units - count} ${name}`,
    );
  const isElsewhere =
    deploying === undefined
      ? wanted.machine !== undefined && there.some(({ unit }) => unit.machine !== wanted.machine)
      : deploying.machine !== wanted.machine;
  if (isElsewhere)
    throw differs(
      'with units placed otherwise',
      deploying === undefined ? undefined : `ensemble add-unit --rest ${name}`,
    );
  return names;
}

/** The error for a service that runs another formula than is to be deployed: a later revision is upgraded to. */
export function runsAnother(service: string, { formula }: Service, wanted: string): ServiceExists {
  const leads = isLaterRevision(wanted, formula) ? upgradeCommand(wanted, service) : undefined;
  return new ServiceExists({ service, formula, leads });
}

function isLaterRevision(one: string, other: string): boolean {
  const [wanted, standing] = [parseFormulaId(one), parseFormulaId(other)];
  return (
    wanted.repository === plainRepository(standing) &&
    wanted.name === standing.name &&
    isAfter(wanted, standing)
  );
}

function optionsThatDiffer(one: ConfigValues, other: ConfigValues): readonly string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((option) => one[option] !== other[option]).toSorted();
}

/** The command that sets the options so, by their names alone: their values may be secrets. */
function setCommand(
  service: string,
  options: readonly string[],
  isWanted: (option: string) => boolean,
): string {
  const words = options.map((option) => (isWanted(option) ? `${option}=VALUE` : `--reset ${option}`));
  const changes = words.join(' ');
  return `ensemble set ${service} ${changes}`;
}

async function isSameContent(session: Session, { formula, prepared }: WantedDeploy): Promise<boolean> {
  const record = await readFormulaRecord(session.coordinator, formula);
  if (record === undefined) return false;
  try {
    await checkContent(session, formula, record, prepared);
    return true;
  } catch (error) {
    if (error instanceof FormulaPublishedDiffers) return false;
    throw error;
  }
}
