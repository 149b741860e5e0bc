import { candidateOf, isAfter, shownFormula } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import type { Candidates } from '../../state/model/candidates.js';

/**
 * How it is with the change of a candidate that is on trial: `open` as it is tried, `moved` since, or `closed`. `unknown`
 * where nobody watches its repository, or the watcher could not ask.
 */
export type CandidateStanding = 'open' | 'moved' | 'closed' | 'unknown';

/** A candidate that a unit runs. */
export interface OnTrial {
  /** `pr:22`, `branch:foo`. */
  readonly change: string;
  /** `mysql 14~pr22.g3fa9c1d`. */
  readonly shown: string;
  readonly state: CandidateStanding;
  /** The command that takes the unit back, or on, to a release. */
  readonly back: string;
  /** Where the change moved: the command that tries it as it is now. */
  readonly again?: string;
  /** Of a service that was deployed from it: what is left where no release ever comes of the change. */
  readonly otherwise?: string;
}

/** How it is with the change of a formula, by its id. @param known of its repository */
export function standingOfCandidate(formula: string, known: Candidates | undefined): CandidateStanding {
  const id = parseFormulaId(formula);
  const mark = candidateOf(id);
  if (known === undefined || mark === undefined) return 'unknown';
  const open = known.candidates.filter(({ key }) => key === mark.key);
  const own = open.find((each) => each.formula === id.name);
  if (own !== undefined) return own.commit.startsWith(mark.commit) ? 'open' : 'moved';
  if (open.length > 0) return 'open';
  return known.known ? 'closed' : 'unknown';
}

/**
 * The candidate that a unit runs; undefined where it runs a release. A unit goes back to the formula of its service, or on
 * to it where that is the release that came of the candidate.
 */
export function onTrial(
  unit: { readonly name: string; readonly formula: string | null },
  service: { readonly name: string; readonly formula: string },
  state: CandidateStanding,
): OnTrial | undefined {
  const { formula } = unit;
  if (formula === null) return undefined;
  const id = parseFormulaId(formula);
  const mark = candidateOf(id);
  if (mark === undefined) return undefined;
  const isOfService = formula === service.formula;
  return {
    change: mark.key,
    shown: shownFormula(formula),
    state,
    back: wayBack(unit.name, service, isOfService, isAfter(parseFormulaId(service.formula), id)),
    ...(state === 'moved' && {
      again: `ensemble upgrade-formula --candidate ${mark.key} --unit ${unit.name} ${service.name}`,
    }),
    ...(isOfService && { otherwise: `ensemble destroy-service ${service.name}` }),
  };
}

function wayBack(
  unit: string,
  { name, formula }: { readonly name: string; readonly formula: string },
  isOfService: boolean,
  isReleased: boolean,
): string {
  if (isOfService) return `ensemble upgrade-formula ${name}`;
  return isReleased ? upgradeCommand(formula, name, `--unit ${unit}`) : `ensemble revert-formula ${unit}`;
}
