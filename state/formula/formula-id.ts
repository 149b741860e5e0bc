import { FormulaIdInvalid } from './errors.js';

/** Which formula, exactly: rendered `principia:mysql-12`. */
export interface FormulaId {
  /** The name of the repository it came from. */
  readonly repository: string;
  readonly name: string;
  /** Non-negative; newer is larger. */
  readonly revision: number;
}

/**
 * The names of formulas and of services: lower-case letters, digits and dashes, starting with a letter. Never ending
 * in `-<digits>`, because `mysql-12` is then a formula with its revision and `mysql-0` the folder of a unit.
 */
export const NAME_PATTERN = /^(?!.*-[0-9]+$)[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

/** A name is a file name with a suffix in many places, and a host name label in people's minds. */
const LONGEST_NAME = 63;

/**
 * The pattern of a repository's name. It is part of the name of a coordinator node, so: no `/`, and none of the
 * characters that ZooKeeper refuses in paths (control characters, private use, U+FFF0 and above).
 */
const REPOSITORY_PATTERN = /^[^\p{C}/\ufff0-\uffff]{1,100}$/u;

const ID_PATTERN = /^(?<repository>.*):(?<name>[^:]*)-(?<revision>0|[1-9][0-9]*)$/su;

/** Why `name` is no name of a formula or service, in words that follow the name; undefined when it is one. */
export function nameFault(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  if (/-[0-9]+$/.test(name))
    return 'ends in a dash and digits, which would read as a revision or a unit number';
  if (!NAME_PATTERN.test(name))
    return 'must be lower-case letters, digits and dashes, and start with a letter and not end with a dash';
  return undefined;
}

/** True for what can stand before the colon of a formula id. */
export function isRepositoryName(name: string): boolean {
  return REPOSITORY_PATTERN.test(name);
}

/** True for what is a revision: a non-negative integer that survives JSON. */
export function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function formatFormulaId(id: FormulaId): string {
  return `${id.repository}:${id.name}-${id.revision}`;
}

/** The inverse of `formatFormulaId`. @throws FormulaIdInvalid */
export function parseFormulaId(text: string): FormulaId {
  const groups = ID_PATTERN.exec(text)?.groups;
  if (groups === undefined)
    throw new FormulaIdInvalid({ text, reason: 'it is not <repository>:<name>-<revision>' });
  const { repository = '', name = '', revision = '' } = groups;
  if (!isRepositoryName(repository))
    throw new FormulaIdInvalid({ text, reason: `"${repository}" is no repository name` });
  const fault = nameFault(name);
  if (fault !== undefined)
    throw new FormulaIdInvalid({ text, reason: `the formula name "${name}" ${fault}` });
  if (!isRevision(Number(revision)))
    throw new FormulaIdInvalid({ text, reason: `the revision ${revision} is too large` });
  return { repository, name, revision: Number(revision) };
}
