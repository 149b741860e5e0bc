import { ObjectKeyInvalid } from './errors.js';

/**
 * Where in a storage the bundle with this content lies that an environment publishes; `sha256` is lower-case hex. The key
 * is the environment's own: several may share a storage, and none removes what another one needs.
 * @param environment its id
 * @param generation how often the bundle was pruned
 */
export function storedKey(sha256: string, environment: string, generation: number): string {
  return `bundles/${sha256}.${environment.slice(0, 8)}.${generation}.tar.gz`;
}

/** Where release 0.1.0 stored it, for whichever environment. `sha256` is lower-case hex. */
export function bundleKey(sha256: string): string {
  return `bundles/${sha256}.tar.gz`;
}

/**
 * Holds a key back that is not a plain relative path: keys are read from the environment's state, and must not lead
 * out of a storage's directory or into its unfinished uploads.
 * @throws ObjectKeyInvalid
 */
export function checkKey(key: string): void {
  if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(key) || key.length > 512)
    throw new ObjectKeyInvalid({ key });
}
