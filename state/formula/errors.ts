import { EnsembleError } from '../platform/errors.js';
import type { YamlProblem } from '../yaml/yaml-file.js';

export class FormulaIdInvalid extends EnsembleError {
  static override readonly code = 'formula-id-invalid';
  constructor(
    readonly text: string,
    readonly reason: string,
  ) {
    super(`"${text}" is no formula id: ${reason}`, 'write it like principia:mysql-12');
  }
}

/** A formula's files cannot be understood. Holds every problem found; the fields are those of the first. */
export class FormulaInvalid extends EnsembleError {
  static override readonly code = 'formula-invalid';
  readonly file: string;
  readonly line: number;
  readonly field: string;
  readonly reason: string;
  constructor(readonly problems: readonly [YamlProblem, ...YamlProblem[]]) {
    super(problems.map(renderProblem).join('\n'), 'correct the file and run the command again');
    const [first] = problems;
    this.file = first.file;
    this.line = first.line;
    this.field = first.field;
    this.reason = first.reason;
  }
}

function renderProblem(problem: YamlProblem): string {
  const field = problem.field === '' ? '' : ` ${problem.field}:`;
  return `${problem.file}:${problem.line}:${field} ${problem.reason}`;
}

export class NotAFormula extends EnsembleError {
  static override readonly code = 'not-a-formula';
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path} is no formula: ${reason}`, 'name a directory or bundle with a metadata.yaml at its top');
  }
}

/** A hook that the system cannot execute, found when a formula is published or, on a machine, when it is due. */
export class HookNotExecutable extends EnsembleError {
  static override readonly code = 'hook-not-executable';
  /**
   * @param reason `mode`: no execute permission; `not-a-file`; `dangling`: a link that leads nowhere
   * @param next what to do, where it is more than making this file executable
   */
  constructor(
    readonly hook: string,
    readonly path: string,
    readonly reason: 'mode' | 'not-a-file' | 'dangling' = 'mode',
    next = `chmod +x ${path}`,
  ) {
    const what = {
      mode: 'is not executable',
      'not-a-file': 'is not a file',
      dangling: 'is a link that leads nowhere',
    };
    super(`the hook ${hook} ${what[reason]}: ${path}`, next);
  }
}

/** A hook that the operating system can never start, whatever is installed on the machine. */
export class HookNotRunnable extends EnsembleError {
  static override readonly code = 'hook-not-runnable';
  constructor(
    readonly hook: string,
    readonly path: string,
    readonly reason: string,
  ) {
    super(`the hook ${hook} can never run: ${path} ${reason}`, 'correct the file and run the command again');
  }
}

/** Something in a formula's directory that a bundle cannot or must not carry. */
export class FormulaEntryRefused extends EnsembleError {
  static override readonly code = 'formula-entry-refused';
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path} cannot be part of a formula: ${reason}`,
      'remove or correct it and run the command again',
      options,
    );
  }
}

export class FormulaTooLarge extends EnsembleError {
  static override readonly code = 'formula-too-large';
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`the formula in ${path} is too large: ${reason}`, 'let the install hook fetch large files instead');
  }
}

export class FormulaChanging extends EnsembleError {
  static override readonly code = 'formula-changing';
  constructor(readonly path: string) {
    super(`${path} was changed while it was being read`, 'run the command again when nothing writes to it');
  }
}

export class BundleUnwritable extends EnsembleError {
  static override readonly code = 'bundle-unwritable';
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the bundle ${path} cannot be written: ${reason}`,
      'check the disk space and permissions there',
      options,
    );
  }
}

/** A bundle that asks for something which extraction must never do. `entry` is empty where the whole of it does. */
export class BundleUnsafe extends EnsembleError {
  static override readonly code = 'bundle-unsafe';
  constructor(
    readonly bundle: string,
    readonly entry: string,
    readonly reason: string,
  ) {
    super(
      `the bundle ${bundle} is not safe to use: ${entry === '' ? 'it' : JSON.stringify(entry)} ${reason}`,
      'build it again from the formula’s directory',
    );
  }
}

/** A bundle that is no complete gzipped tar archive. */
export class BundleDamaged extends EnsembleError {
  static override readonly code = 'bundle-damaged';
  constructor(
    readonly bundle: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`the bundle ${bundle} is damaged: ${reason}`, 'fetch it or build it again', options);
  }
}

/** The machine, not the bundle, is why it could not be read or extracted: a full disk, permissions, a folder in the way. */
export class ExtractionFailed extends EnsembleError {
  static override readonly code = 'extraction-failed';
  constructor(
    readonly bundle: string,
    readonly destination: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the bundle ${bundle} cannot be extracted into ${destination}: ${reason}`,
      'check the disk space and permissions there',
      options,
    );
  }
}

export class RepositoryNotFound extends EnsembleError {
  static override readonly code = 'repository-not-found';
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions & { readonly next?: string },
  ) {
    super(
      `${path} is no repository: ${reason}`,
      options?.next ?? 'name a directory that holds formulas with --repository',
      options,
    );
  }
}

export class FormulaNotFound extends EnsembleError {
  static override readonly code = 'formula-not-found';
  constructor(
    readonly formula: string,
    readonly repository: string,
    readonly known: readonly string[],
    readonly suggestion?: string,
  ) {
    super(
      `the repository ${repository} holds no formula ${formula}`,
      suggestion === undefined
        ? known.length === 0
          ? 'put the formula’s directory there, or name another --repository'
          : `choose one of ${known.slice(0, 20).join(', ')}${known.length > 20 ? ', …' : ''}`
        : `did you mean ${suggestion}?`,
    );
  }
}

export class RevisionNotFound extends EnsembleError {
  static override readonly code = 'revision-not-found';
  constructor(
    readonly formula: string,
    readonly revision: number,
    readonly repository: string,
    readonly known: readonly number[],
  ) {
    super(
      `the repository ${repository} holds no revision ${revision} of ${formula}`,
      `choose one of ${known.join(', ')}`,
    );
  }
}

/** One formula id stands for two contents, which would make it mean nothing. */
export class FormulaContentsDiffer extends EnsembleError {
  static override readonly code = 'formula-contents-differ';
  /** @param first, second where the two are: paths, or words such as "the published bundle (sha256 …)" */
  constructor(
    readonly formula: string,
    readonly first: string,
    readonly second: string,
  ) {
    super(
      `${formula} has two different contents: ${first} and ${second}`,
      'write a higher revision into the metadata.yaml of the changed one, or remove one of the two',
    );
  }
}

export class ConfigOptionUnknown extends EnsembleError {
  static override readonly code = 'config-option-unknown';
  constructor(
    readonly option: string,
    readonly known: readonly string[],
  ) {
    super(
      `the formula has no config option ${option}`,
      known.length === 0 ? 'this formula has no options' : `choose one of ${known.join(', ')}`,
    );
  }
}

export class ConfigValueInvalid extends EnsembleError {
  static override readonly code = 'config-value-invalid';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(
      `the config option ${option} ${reason}`,
      'see the options and their types with: ensemble get SERVICE',
    );
  }
}
