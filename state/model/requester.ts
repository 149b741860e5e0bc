/** Who asks, and when: stamped on every request. */
export interface Requester {
  /** ISO instant. */
  readonly requestedAt: string;
  /** `user@host`: who it was, also through sudo. */
  readonly by: string;
  /** The account that the command ran as, where that is another one than `by` names. */
  readonly as?: string;
}
