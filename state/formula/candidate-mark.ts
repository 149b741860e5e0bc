import { type FormulaId, parseFormulaId } from './formula-id.js';

/** Which change of a repository a candidate is, and where that stood. */
interface CandidateMark {
  /** `pr:22` or, for the branch `candidate/foo`, `branch:foo`. */
  readonly key: string;
  /** The first digits of its commit. */
  readonly commit: string;
}

/** Digits of a commit in the id of a formula: enough that no two commits of one repository share them. */
const DIGITS = 12;

/** Digits of a commit that people are shown. */
const SHOWN = 7;

const KEY_PATTERN = /^(?:pr:[1-9]\d{0,9}|branch:[A-Za-z0-9_][\w.+@/-]{0,59})$/;

const MARK_PATTERN =
  /^(?<repository>.+)~(?:pr(?<number>[1-9]\d{0,9})|branch\.(?<branch>[\w.+@%-]+))\.g(?<commit>[0-9a-f]{12})$/u;

/** True for what names a change: `pr:22`, `branch:foo`. */
export function isCandidateKey(text: string): boolean {
  return KEY_PATTERN.test(text) && !/\.\.|\/\/|\/$|\.lock$/.test(text);
}

/**
 * The repository's name in the id of a candidate: `principia~pr22.g3fa9c1d2e4f5`. So a candidate has another id than the
 * release of its revision, and than every other commit of its change, for every release of Ensemble.
 */
export function markRepository(repository: string, { key, commit }: CandidateMark): string {
  return `${repository}~${wordOf(key)}.g${commit.slice(0, DIGITS)}`;
}

/** The mark in the id of a formula, and the repository that it is a change of; undefined for a release. */
export function candidateOf({
  repository: marked,
}: Pick<FormulaId, 'repository'>): (CandidateMark & { readonly repository: string }) | undefined {
  const { repository, number, branch, commit } = MARK_PATTERN.exec(marked)?.groups ?? {};
  if (repository === undefined || commit === undefined) return undefined;
  const key = number === undefined ? `branch:${decoded(branch ?? '')}` : `pr:${number}`;
  return { repository, key, commit };
}

/** The repository that a formula came from, whether it is a release or a candidate. */
export function plainRepository(id: Pick<FormulaId, 'repository'>): string {
  return candidateOf(id)?.repository ?? id.repository;
}

/** The id of a release of the formula, also where this is the id of a candidate. */
export function releaseIn(id: FormulaId, revision: number): FormulaId {
  return { ...id, repository: plainRepository(id), revision };
}

/** The revision as people are shown it: `14`, of a candidate `14~pr22.g3fa9c1d`. */
export function shownRevision(id: FormulaId): string {
  const mark = candidateOf(id);
  return mark === undefined
    ? String(id.revision)
    : `${id.revision}~${wordOf(mark.key)}.g${mark.commit.slice(0, SHOWN)}`;
}

/** A formula's id as people are shown that of a candidate: `mysql 14~pr22.g3fa9c1d`. @throws FormulaIdInvalid */
export function shownFormula(text: string): string {
  const id = parseFormulaId(text);
  return `${id.name} ${shownRevision(id)}`;
}

/** The key of the change that the formula of this id stands in; undefined for a release, and for what is no id. */
export function candidateKeyOf(text: string): string | undefined {
  return candidateOf({ repository: text.slice(0, Math.max(0, text.lastIndexOf(':'))) })?.key;
}

/** Has the form `pr22`, `branch.foo`; of what a branch's name may hold, only a slash is none of a repository's name. */
function wordOf(key: string): string {
  const [kind = '', ...name] = key.split(':');
  return kind === 'pr'
    ? `pr${name.join(':')}`
    : `branch.${name.join(':').replace(/[%/]/g, encodeURIComponent)}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * True if `one` comes after `other`, both of one formula: it has a higher revision, or it is the release of what `other` is a
 * candidate for.
 */
export function isAfter(one: FormulaId, other: FormulaId): boolean {
  if (one.revision !== other.revision) return one.revision > other.revision;
  return candidateOf(one) === undefined && candidateOf(other) !== undefined;
}
