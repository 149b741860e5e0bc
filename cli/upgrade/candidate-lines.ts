import { type Company, companyOf, type NeededCandidate } from '../../control/candidates/company.js';
import type { Session } from '../../control/session.js';
import { shownFormula } from '../../state/formula/candidate-mark.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { printable } from '../../state/platform/printable.js';
import { shellWord } from '../../state/platform/shell-word.js';
import type { Output } from '../output/output.js';

/**
 * Says what whoever takes a candidate gets: that it is no release; and as far as the watcher knows, what else claims its
 * revision, and what is to be tried together with it.
 * @param formula its id
 * @param repository as it is remembered
 */
export async function tellCandidate(
  { coordinator }: Pick<Session, 'coordinator'>,
  output: Pick<Output, 'notice' | 'warn'>,
  {
    formula,
    key,
    repository,
    along,
  }: {
    readonly formula: string;
    readonly key: string;
    readonly repository: string;
    /** The candidates that are tried together with it; undefined where none could be. */
    readonly along?: readonly string[];
  },
): Promise<void> {
  const { name } = parseFormulaId(formula);
  output.notice(`${shownFormula(formula)} is a candidate, the open change ${key}, and no release`);
  const company = await companyOf(coordinator, repository, key, name);
  if (company.rivals.length > 0) output.warn(rivalLine(key, name, company));
  for (const line of needLines(key, company, along)) output.notice(line);
}

function rivalLine(key: string, formula: string, { rivals }: Company): string {
  const others = rivals.join(', ');
  return `${others} ${rivals.length === 1 ? 'proposes' : 'propose'} the same revision of ${formula} as ${key}: only one of them can be released`;
}

function needLines(key: string, { needs, absent }: Company, along?: readonly string[]): readonly string[] {
  const others = needs.filter((each) => along?.includes(each.key) !== true);
  return [
    ...others.map((each) => `with ${key} goes ${each.shown}; ${howToTry(each, along !== undefined)}`),
    ...(absent.length === 0
      ? []
      : [printable(`${key} needs ${absent.join(', ')} too, which is not open where anybody looks`)]),
  ];
}

function howToTry({ key, formula, repository, runs }: NeededCandidate, canBeAlong: boolean): string {
  if (!runs)
    return `no service runs ${formula}, so it is tried by: ensemble deploy --repository ${shellWord(repository)} --candidate ${key} ${formula}`;
  const how = canBeAlong ? 'it is tried too where --unit names units of its service, or' : 'it is tried';
  return `${how} by: ensemble upgrade-formula --candidate ${key} --unit UNIT SERVICE`;
}
