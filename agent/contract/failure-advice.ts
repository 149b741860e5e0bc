import { EnsembleError } from '../../state/platform/errors.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { sentence } from './log.js';
import { shortened } from './shortened.js';

/** Characters of an error that are told. */
const MOST_ERROR = 1_500;

/** Characters of the same in brief. */
const MOST_BRIEF = 200;

/** What an operator reads of a failure. */
export interface WayOut {
  readonly error: string;
  /** The same in a few words. */
  readonly brief: string;
  /** The command that goes on from there. */
  readonly next: string;
}

/**
 * What failed, and the command that goes on from there. Not every error knows it: one may come from the system, or
 * from a mistake in Ensemble itself.
 */
export function wayOut(error: unknown, unit: string): WayOut {
  const command = `ensemble resolved --retry ${unit}`;
  const known =
    error instanceof EnsembleError ? error.next && namingService(error.next, serviceOfUnit(unit)) : undefined;
  const next = known === undefined ? command : known.includes(command) ? known : `${known}, then: ${command}`;
  const text = error instanceof Error ? error.message : String(error);
  const brief = error instanceof EnsembleError ? error.brief : text;
  // Cut here, so that the command after it is not.
  return { error: shortened(text, MOST_ERROR), brief: shortened(brief, MOST_BRIEF), next };
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
  const text = namingService(sentence(error), service);
  const command = `ensemble upgrade-formula ${service}`;
  if (text.endsWith(command)) return text;
  return `${text}${text.includes('; next: ') ? ', then: ' : '; next: '}${command}`;
}

/**
 * Puts the service into the command of an error that does not know it, such as one of the storage: what is printed can
 * be run as it stands.
 */
export function namingService(text: string, service: string): string {
  return text.replaceAll(/(upgrade-formula (?:--revision \d+ )?)SERVICE\b/g, `$1${service}`);
}
