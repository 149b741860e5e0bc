import { shownFormula } from '../../state/formula/candidate-mark.js';

/** Says what a unit that takes a candidate gets: that it is no release. */
export function candidateLine(formula: string, key: string): string {
  return `${shownFormula(formula)} is a candidate, the open change ${key}, and no release`;
}
