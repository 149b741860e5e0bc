/** Who asks, and when: stamped on every request. */
export interface Requester {
  /** ISO instant. */
  readonly requestedAt: string;
  /** `user@host`. */
  readonly by: string;
}
