/** One bound of a range: `>=0.3`, `<1`, `=0.2.1` and the like. */
interface Comparator {
  readonly operator: string;
  readonly version: readonly number[];
}

const COMPARATOR_PATTERN = /^(?<operator>>=|<=|>|<|=)?(?<version>\d{1,9}(?:\.\d{1,9}){0,2})$/;

/**
 * True if a version lies in a range, such as `>=0.3 <1`: comparators parted by spaces, all of which must hold; one
 * without an operator means exactly that version. Parts that a version leaves out count as 0. A suffix behind the
 * numbers, as in `0.3.0-rc.1`, does not count: a candidate for a release can do what the release can.
 * @param range one that `rangeFault` finds nothing wrong with
 * @returns undefined if the version cannot be read
 */
export function isInRange(version: string, range: string): boolean | undefined {
  const numbers = /^v?(\d{1,9}(?:\.\d{1,9}){0,2})/.exec(version)?.[1];
  if (numbers === undefined) return undefined;
  const own = numbers.split('.').map(Number);
  return comparatorsOf(range).every((comparator) => holds(own, comparator));
}

/** Why a text is no range, in words that follow it; undefined where it is one. */
export function rangeFault(range: string): string | undefined {
  const words = range.trim().split(/\s+/);
  const wrong = words.find((word) => !COMPARATOR_PATTERN.test(word));
  if (wrong === undefined) return undefined;
  return 'is no range of versions: write one like ">=0.3" or ">=0.3 <1"';
}

function comparatorsOf(range: string): readonly Comparator[] {
  return range
    .trim()
    .split(/\s+/)
    .map((word) => {
      const { operator = '=', version = '' } = COMPARATOR_PATTERN.exec(word)?.groups ?? {};
      return { operator, version: version.split('.').map(Number) };
    });
}

function holds(own: readonly number[], { operator, version }: Comparator): boolean {
  const order = compareVersions(own, version);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    default:
      return order === 0;
  }
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (const index of [0, 1, 2]) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
