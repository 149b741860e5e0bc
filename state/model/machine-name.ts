/** The longest name that a machine may have, in characters. */
const LONGEST = 100;

/**
 * The rule for a machine's name, which becomes a node's name and is typed in commands. Ends a sentence about the
 * name.
 */
export const MACHINE_NAME_RULE = `begins with a letter or a digit, and has letters, digits, dots, dashes and underscores only, ${LONGEST} at most`;

/** True if a machine may have this name. */
export function isMachineName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name.length <= LONGEST;
}

/** A name by the rule that is like `name`. */
export function likeMachineName(name: string): string {
  const like = name
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, LONGEST)
    .replace(/[._-]+$/, '');
  return like === '' ? 'm0' : like;
}
