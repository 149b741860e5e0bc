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
    this.name = new.target.name;
  }

  get code(): string {
    return (this.constructor as typeof EnsembleError).code;
  }

  /** The same in a few words, the cause first, for a place that says already what it is about. */
  get brief(): string {
    return this.message;
  }

  /** What a command exits with when it ends by this error: 1 failed, 2 wrong usage. */
  get exitCode(): 1 | 2 {
    return 1;
  }
}
