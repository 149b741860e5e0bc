/**
 * The exit code of a command that ends by an error: 1 failed, 2 wrong usage, 3 blocked by something that has to be done
 * first, 78 too new for this program.
 */
export type ErrorExitCode = 1 | 2 | 3 | 78;

/**
 * The base of every error an operator may meet.
 *
 * An error is a value with fields: each class stores what went wrong to what, and renders its own sentence from
 * them. `code` is stable, is what scripts match on, and has a page in `docs/errors/`.
 */
export abstract class EnsembleError extends Error {
  /** Stable and kebab-case, e.g. `unit-not-found`; every class sets its own. */
  static readonly code: string;

  /**
   * @param sentence what happened, to what; starts in lower case, ends without a full stop
   * @param next the next command to run or thing to do, e.g. `ensemble status`, or nothing where none helps
   */
  constructor(
    sentence: string,
    readonly next?: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
    this.name = nameOf(this.code);
  }

  get code(): string {
    return (this.constructor as typeof EnsembleError).code;
  }

  /** The same in a few words, the cause first, for a place that says already what it is about. */
  get brief(): string {
    return this.message;
  }

  get exitCode(): ErrorExitCode {
    return 1;
  }
}

/** `unit-not-found` is a `UnitNotFound`: what the class is called in the bundles is another name. */
function nameOf(code: string): string {
  return code.replaceAll(/(?:^|-)(\w)/g, (_, first: string) => first.toUpperCase());
}

/**
 * The text of an error: words, or a function that renders them from its fields, and from the error that led to it, if
 * there is one.
 */
type Text<Fields, Words> = Words | ((fields: Fields, cause: unknown) => Words);

/** A class that `defineError` makes, whose errors have the given fields. */
interface ErrorClass<Fields> {
  readonly code: string;
  new (fields: Fields, options?: ErrorOptions): EnsembleError & Readonly<Fields>;
}

/**
 * Defines an error, which the caller gives its name and its docstring:
 *
 *     export class UnitNotFound extends defineError<{ unit: string }>(
 *       'unit-not-found',
 *       ({ unit }) => `unit ${unit} does not exist`,
 *       'ensemble status',
 *     ) {}
 *
 * `new UnitNotFound({ unit }, { cause })` makes one, and `error.unit` reads its field.
 * @param code see `EnsembleError.code`
 * @param sentence what happened, to what; starts in lower case, ends without a full stop
 * @param next the next command to run or thing to do, e.g. `ensemble status`; nothing where none helps
 */
export function defineError<Fields extends object = Record<never, never>>(
  code: string,
  sentence: Text<Fields, string>,
  next?: Text<Fields, string | undefined>,
  { exitCode = 1 }: { readonly exitCode?: ErrorExitCode } = {},
): ErrorClass<Fields> {
  class Defined extends EnsembleError {
    static override readonly code = code;

    constructor(fields: Fields, options: ErrorOptions = {}) {
      const wordsOf = <Words>(text: Text<Fields, Words>) =>
        text instanceof Function ? text(fields, options.cause) : text;
      super(wordsOf(sentence), wordsOf(next), options);
      // A field may be called `next`: what an error says by default then is what this one says.
      Object.assign(this, fields, { next: this.next });
    }

    override get exitCode(): ErrorExitCode {
      return exitCode;
    }
  }
  // The compiler does not see that a constructor assigns fields that it gets as one object.
  return Defined as unknown as ErrorClass<Fields>;
}

/** The machine has no perl, which starts hooks, carries the calls of their tools, and works in directories that may hang. */
export class PerlMissing extends defineError<{
  /** Where it was looked for: directories as in PATH. */
  searched: string;
}>(
  'perl-missing',
  ({ searched }) =>
    `there is no perl in ${searched}, and Ensemble starts hooks and reads directories with it`,
  'apt-get install perl-base, then do the same again',
) {}
