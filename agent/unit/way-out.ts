import { EnsembleError } from '../../state/errors.js';
import { sentence } from '../log.js';
import { shortened } from '../shortened.js';

/** Characters of an error that are told. */
const MOST_ERROR = 1_500;

/**
 * What failed, and the command that goes on from there. Not every error knows it: one may come from the system, or
 * from a mistake in Ensemble itself.
 */
export function wayOut(error: unknown, unit: string): { readonly error: string; readonly next: string } {
  const command = `ensemble resolved --retry ${unit}`;
  const known = error instanceof EnsembleError ? error.next : undefined;
  const next = known === undefined ? command : known.includes(command) ? known : `${known}, then: ${command}`;
  // Cut here, so that the command after it is not.
  return { error: shortened(error instanceof Error ? error.message : String(error), MOST_ERROR), next };
}

/**
 * The same of a relation, in one sentence.
 * @param relation its identifier
 */
export function relationWayOut(error: unknown, unit: string, relation: string): string {
  const { error: text, next } = wayOut(error, unit);
  const command = `ensemble resolved --retry ${unit}`;
  return `${text}; next: ${next.replace(command, `${command} ${relation}`)}`;
}

/** The same for a formula that cannot be made ready; the unit goes on with the one it has. */
export function askedAgainBy(error: unknown, service: string): string {
  const text = sentence(error);
  return `${text}${text.includes('; next: ') ? ', then: ' : '; next: '}ensemble upgrade-formula ${service}`;
}
