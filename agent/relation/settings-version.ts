/** Room for a mark of the content behind the version; what is less is a version alone, as release 0.1.0 kept it. */
const CONTENT = 2 ** 20;

/**
 * Tells one state of a unit's settings from another. The node's version alone does not: a unit that leaves a relation
 * and joins it again makes its settings anew, and their versions begin again.
 */
export function settingsVersion(version: number, settings: Readonly<Record<string, string>>): number {
  return (version + 1) * CONTENT + (hash(JSON.stringify(settings)) % CONTENT);
}

/** True if settings are those that were known, which release 0.1.0 knew by the node's version alone. */
export function isSameVersion(known: number | undefined, present: number | undefined): boolean {
  if (known === present || known === undefined || present === undefined) return known === present;
  return known < CONTENT && known === Math.trunc(present / CONTENT) - 1;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return value;
}
