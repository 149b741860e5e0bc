/** What was found of one thing in a directory that has an older layout. */
export interface Item {
  /** Its kind, in a word: the name of its fault point, and what `--plan` counts. */
  readonly kind: string;
  /** Its path below the directory. */
  readonly name: string;
  /**
   * Finds out what is to be done with it, and changes nothing.
   * @returns what does it, durably, and may be done again after an interruption; undefined where nothing is to be done
   * @throws ItemBroken; errors of the file system, which keep the whole directory from being marked
   */
  look(): Promise<(() => Promise<void>) | undefined>;
}

/** A thing that says nothing any more, before and after: it is left as it is, and named. */
export class ItemBroken extends Error {
  constructor(
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(reason);
  }
}

/** Somebody has to say or do something before a directory can be changed. */
export class StepBlocked extends Error {
  constructor(
    readonly reason: string,
    readonly remedy: string,
    /** That an agent works in it, and which one, where that is known. */
    readonly agent: { readonly inUse?: true; readonly pid?: number } = {},
  ) {
    super(reason);
  }
}

/** What a step is told of its directory. */
export interface Subject {
  readonly directory: string;
  /** Whose data directory it is; undefined where nobody said. */
  readonly machine: string | undefined;
}

/** How a directory gets from one layout to the next. */
export interface Step {
  readonly to: number;
  /** Everything that may have to be changed, whether or not it was before. @throws StepBlocked */
  items(subject: Subject): Iterable<Item>;
}
