/**
 * A pattern as shells have it: `*` for any characters, `?` for one; everything else stands for itself.
 * @returns whether a whole name matches
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (name) => expression.test(name);
}

/** True if any of the patterns matches. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => globMatcher(pattern)(name));
}

/** True if a pattern names more than one thing. */
export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}
