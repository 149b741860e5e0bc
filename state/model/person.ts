import { matchesAny } from '../platform/glob.js';

/**
 * True if somebody is the one who is wanted.
 * @param by `user@host`
 * @param wanted `ann`, `ann@m0`, or a pattern of either; a name alone is that of the person on any host
 */
export function isOfPerson(by: string, wanted: string): boolean {
  const at = by.lastIndexOf('@');
  return matchesAny([wanted], wanted.includes('@') || at < 0 ? by : by.slice(0, at));
}
