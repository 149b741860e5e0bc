import { defineError } from '../platform/errors.js';
import { shellWord } from '../platform/shell-word.js';
import type { YamlProblem } from '../yaml/yaml-file.js';

export class FormulaIdInvalid extends defineError<{ text: string; reason: string }>(
  'formula-id-invalid',
  ({ text, reason }) => `"${text}" is no formula id: ${reason}`,
  'write it like principia:mysql-12',
) {}

/** A formula's files cannot be understood. Holds every problem found; the fields are those of the first. */
export class FormulaInvalid extends defineError<{ problems: Problems } & YamlProblem>(
  'formula-invalid',
  ({ problems }) => problems.map(renderProblem).join('\n'),
  'correct the file and run the command again',
) {
  constructor(problems: Problems) {
    super({ problems, ...problems[0] });
  }
}

type Problems = readonly [YamlProblem, ...YamlProblem[]];

function renderProblem(problem: YamlProblem): string {
  const field = problem.field === '' ? '' : ` ${problem.field}:`;
  return `${problem.file}:${problem.line}:${field} ${problem.reason}`;
}

export class NotAFormula extends defineError<{ path: string; reason: string }>(
  'not-a-formula',
  ({ path, reason }) => `${path} is no formula: ${reason}`,
  'name a directory or bundle with a metadata.yaml at its top',
) {}

const faultsOfHooks = {
  mode: 'is not executable',
  'not-a-file': 'is not a file',
  dangling: 'is a link that leads nowhere',
};

/** A hook that the system cannot execute, found when a formula is published or, on a machine, when it is due. */
export class HookNotExecutable extends defineError<{
  hook: string;
  path: string;
  /** `mode`: no execute permission; `not-a-file`; `dangling`: a link that leads nowhere. */
  reason: keyof typeof faultsOfHooks;
  /** The thing to do, if it is more than making this file executable. */
  next?: string;
}>(
  'hook-not-executable',
  ({ hook, path, reason }) => `the hook ${hook} ${faultsOfHooks[reason]}: ${path}`,
  ({ path, next = `chmod +x ${path}` }) => next,
) {}

/** A hook that the operating system can never start, whatever is installed on the machine. */
export class HookNotRunnable extends defineError<{ hook: string; path: string; reason: string }>(
  'hook-not-runnable',
  ({ hook, path, reason }) => `the hook ${hook} can never run: ${path} ${reason}`,
  'correct the file and run the command again',
) {}

/** Something in a formula's directory that a bundle cannot or must not carry. */
export class FormulaEntryRefused extends defineError<{ path: string; reason: string }>(
  'formula-entry-refused',
  ({ path, reason }) => `${path} cannot be part of a formula: ${reason}`,
  'remove or correct it and run the command again',
) {}

export class FormulaTooLarge extends defineError<{ path: string; reason: string }>(
  'formula-too-large',
  ({ path, reason }) => `the formula in ${path} is too large: ${reason}`,
  'let the install hook fetch large files instead',
) {}

export class FormulaChanging extends defineError<{ path: string }>(
  'formula-changing',
  ({ path }) => `${path} was changed while it was being read`,
  'run the command again when nothing writes to it',
) {}

export class BundleUnwritable extends defineError<{ path: string; reason: string }>(
  'bundle-unwritable',
  ({ path, reason }) => `the bundle ${path} cannot be written: ${reason}`,
  'check the disk space and permissions there',
) {}

/** A bundle that asks for something which extraction must never do. `entry` is empty where the whole of it does. */
export class BundleUnsafe extends defineError<{ bundle: string; entry: string; reason: string }>(
  'bundle-unsafe',
  ({ bundle, entry, reason }) =>
    `the bundle ${bundle} is not safe to use: ${entry === '' ? 'it' : JSON.stringify(entry)} ${reason}`,
  'build it again from the formula’s directory',
) {}

/** A bundle that is no complete gzipped tar archive. */
export class BundleDamaged extends defineError<{ bundle: string; reason: string }>(
  'bundle-damaged',
  ({ bundle, reason }) => `the bundle ${bundle} is damaged: ${reason}`,
  'fetch it or build it again',
) {}

/** The machine, not the bundle, is why it could not be read or extracted: a full disk, permissions, a folder in the way. */
export class ExtractionFailed extends defineError<{ bundle: string; destination: string; reason: string }>(
  'extraction-failed',
  ({ bundle, destination, reason }) =>
    `the bundle ${bundle} cannot be extracted into ${destination}: ${reason}`,
  ({ destination, reason }) =>
    /disk/.test(reason) ? `make room on the disk of ${destination}` : 'check the permissions there',
) {}

export class RepositoryNotFound extends defineError<{ path: string; reason: string; next?: string }>(
  'repository-not-found',
  ({ path, reason }) => `${path} is no repository: ${reason}`,
  ({ next = 'name a directory that holds formulas with --repository' }) => next,
) {}

/** A text that stands for the URL of a repository cannot be one. `url` holds no secrets. */
/** A repository has no open change of this name. */
export class CandidateNotFound extends defineError<{
  key: string;
  repository: string;
  remote: string;
  ref: string;
}>(
  'candidate-not-found',
  ({ key, repository, ref }) => `${repository} has no candidate ${key}: git has no ${ref} there`,
  ({ remote }) =>
    `see what is open with: git ls-remote ${shellWord(remote)} 'refs/heads/candidate/*' 'refs/pull/*/head' 'refs/merge-requests/*/head'`,
) {}

/** Candidates are commits of git; other repositories have none. */
export class CandidateNotInGit extends defineError<{ key: string; repository: string }>(
  'candidate-not-in-git',
  ({ key, repository }) => `${repository} is no git repository, so it has no candidate ${key}`,
  'name the git repository of the change with --repository git+https://HOST/REPO.git',
) {}

export class RepositoryUrlInvalid extends defineError<{ url: string; reason: string; next?: string }>(
  'repository-url-invalid',
  ({ url, reason }) => `${url} is no URL of a repository: ${reason}`,
  ({ next = 'write it like https://HOST/PATH/ or a directory' }) => next,
) {}

/** A repository elsewhere could not be asked, or did not answer as one: what it holds is unknown. */
export class RepositoryUnavailable extends defineError<{
  repository: string;
  reason: string;
  next?: string;
  /** Seconds after which it wants to be asked again, where it says so. */
  retryAfter?: number | undefined;
  /** It was asked too often, and would answer otherwise. */
  rateLimited?: boolean | undefined;
}>(
  'repository-unavailable',
  ({ repository, reason }) => `the repository ${repository} cannot be asked: ${reason}`,
  ({ next = 'the same command again, when it answers' }) => next,
) {}

export class FormulaNotFound extends defineError<{
  formula: string;
  repository: string;
  known: readonly string[];
  suggestion?: string | undefined;
}>(
  'formula-not-found',
  ({ formula, repository }) => `the repository ${repository} holds no formula ${formula}`,
  ({ known, suggestion }) =>
    suggestion === undefined
      ? known.length === 0
        ? 'put the formula’s directory there, or name another --repository'
        : `choose one of ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`
      : `did you mean ${suggestion}?`,
) {}

export class RevisionNotFound extends defineError<{
  formula: string;
  revision: number;
  repository: string;
  known: readonly number[];
}>(
  'revision-not-found',
  ({ formula, revision, repository }) =>
    `the repository ${repository} holds no revision ${revision} of ${formula}`,
  ({ known }) => `choose one of ${known.join(', ')}`,
) {}

/** One formula id stands for two contents, which would make it mean nothing. */
export class FormulaContentsDiffer extends defineError<{ formula: string; first: string; second: string }>(
  'formula-contents-differ',
  ({ formula, first, second }) => `${formula} has two different contents: ${first} and ${second}`,
  'write a higher revision into the metadata.yaml of the changed one, or remove one of the two',
) {}

export class ConfigOptionUnknown extends defineError<{ option: string; known: readonly string[] }>(
  'config-option-unknown',
  ({ option }) => `the formula has no config option ${option}`,
  ({ known }) => (known.length === 0 ? 'this formula has no options' : `choose one of ${known.join(', ')}`),
) {}

export class ConfigValueInvalid extends defineError<{
  option: string;
  reason: string;
  /** The service whose config it was to be, if that stands already. */
  service?: string;
}>(
  'config-value-invalid',
  ({ option, reason }) => `the config option ${option} ${reason}`,
  ({ service = 'SERVICE' }) => `see the options and their types with: ensemble get ${service}`,
) {}
