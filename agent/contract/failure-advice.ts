import { upgradeCommand } from '../../state/formula/upgrade-command.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { sentence } from './log.js';
import { refusedBySystem } from './refused-by-system.js';
import { shortened } from './shortened.js';

/** Characters of an error that are told. */
const MOST_ERROR = 1_500;

/** Characters of the same in brief. */
const MOST_BRIEF = 200;

/** An operator's view of a failure. */
interface FailureAdvice {
  readonly error: string;
  /** The same in a few words. */
  readonly brief: string;
  /** The command that goes on from there. */
  readonly next: string;
}

/**
 * Says what failed, and the command that goes on from there. Not every error knows it: one may come from the system,
 * or from a mistake in Ensemble itself.
 */
export function adviseOnFailure(failure: unknown, unit: string): FailureAdvice {
  const error = refusedBySystem(failure);
  const command = `ensemble resolved --retry ${unit}`;
  const known =
    error instanceof EnsembleError ? error.next && namingService(error.next, serviceOfUnit(unit)) : undefined;
  const next = known === undefined ? command : known.includes(command) ? known : `${known}, then: ${command}`;
  const text = error instanceof Error ? error.message : String(error);
  const brief = error instanceof EnsembleError ? error.brief : text;
  // Cut here, so that the command after it is not.
  return { error: shortened(text, MOST_ERROR), brief: shortened(brief, MOST_BRIEF), next };
}

/** The words for a place that has one line: in full, and the parts that it is made of. */
export interface Advice {
  /** With the command. */
  readonly message: string;
  /** Without it. */
  readonly brief: string;
  /** The command that goes on from there, where one is known. */
  readonly next?: string | undefined;
}

function adviceOf(brief: string, next: string | undefined): Advice {
  return { message: next === undefined ? brief : `${brief}; next: ${next}`, brief, next };
}

/**
 * The same of a relation.
 * @param relation its id
 */
export function adviseOnRelation(error: unknown, unit: string, relation: string): Advice {
  const { error: text, next } = adviseOnFailure(error, unit);
  const command = `ensemble resolved --retry ${unit}`;
  return adviceOf(text, next.replace(command, `${command} ${relation}`));
}

/** Says what keeps a unit of the service waiting. */
export function whyWaiting(failure: unknown, service: string): Advice {
  const error = refusedBySystem(failure);
  if (!(error instanceof EnsembleError)) return adviceOf(namingService(sentence(error), service), undefined);
  return adviceOf(
    namingService(error.message, service),
    error.next === undefined ? undefined : namingService(error.next, service),
  );
}

/** The same for a formula, by its id, that cannot be made ready; the unit goes on with the one it has. */
export function askedAgainBy(error: unknown, service: string, formula: string): Advice {
  const command = upgradeCommand(formula, service);
  const named = (text: string): string => text.replaceAll(`ensemble upgrade-formula ${service}`, command);
  const { message: text, brief: said, next: told } = whyWaiting(error, service);
  const [message, brief, next] = [named(text), named(said), told === undefined ? undefined : named(told)];
  if (message.endsWith(command)) return { message, brief, next };
  return adviceOf(brief, next === undefined ? command : `${next}, then: ${command}`);
}

/**
 * Puts the service into the command of an error that does not know it, such as one of the storage: what is printed can
 * be run as it stands.
 */
function namingService(text: string, service: string): string {
  return text.replaceAll(/(upgrade-formula (?:--revision \d+ )?)SERVICE\b/g, `$1${service}`);
}
