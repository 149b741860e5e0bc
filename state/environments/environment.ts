/** One named (coordinator, storage) pair, with every path absolute. */
export interface Environment {
  readonly name: string;
  /** The coordinator's URL for `openCoordinator`. */
  readonly state: string;
  /** The storage's URL for `openStorage`. */
  readonly storage: string;
  /** Never printed. */
  readonly secret?: string;
}
