import { ObjectKeyInvalid } from './errors.js';

/** Where in a storage the bundle with this content lies. `sha256` is lower-case hex. */
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
    throw new ObjectKeyInvalid(key);
}
