/** More units than this are counted in a sentence rather than named. */
const MOST_NAMES = 10;

/** Units in a sentence: their names, or how many they are. */
export function namesOf(units: readonly string[]): string {
  return units.length > MOST_NAMES ? `${units.length} units` : units.join(', ');
}

/** Names that a sentence names. */
const MOST_NAMED = 5;

/** Of many names the first, and how many more there are. @param what they are, e.g. `nodes` */
export function someOf(names: readonly string[], what: string): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more ${what}` : shown;
}
