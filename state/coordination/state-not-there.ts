/**
 * The embedded state is not there, and is not to be made. Whoever opens it knows the environment, and tells that this has
 * not been bootstrapped: see `NotBootstrapped`.
 */
export class StateNotThere extends Error {
  /** @param directory that should hold it */
  constructor(readonly directory: string) {
    super(`there is no state in ${directory}`);
  }
}
