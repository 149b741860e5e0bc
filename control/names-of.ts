/** More units than this are counted in a sentence rather than named. */
const MOST_NAMES = 10;

/** Units in a sentence: their names, or how many they are. */
export function namesOf(units: readonly string[]): string {
  return units.length > MOST_NAMES ? `${units.length} units` : units.join(', ');
}
