import type { EnsembleError } from '../../state/platform/errors.js';
import type { Fault } from '../contract/report.js';

/** The codes of errors that the author of a formula has to mend. */
const OF_FORMULAS: ReadonlySet<string> = new Set([
  'bundle-damaged',
  'bundle-unsafe',
  'formula-contents-differ',
  'formula-entry-refused',
  'formula-invalid',
  'formula-not-found',
  'formula-published-differs',
  'formula-too-large',
  'not-a-formula',
  'relations-in-use',
  'revision-not-found',
  'subordinate-changed',
]);

/** Whose an error is: the formula's author has to mend it, or whoever runs what lies between. */
export function faultOf({ code }: Pick<EnsembleError, 'code'>): Fault {
  return OF_FORMULAS.has(code) ? 'formula' : 'infrastructure';
}
