import type { Coordinator } from '../../state/coordination/coordinator.js';
import { matchesAny } from '../../state/platform/glob.js';
import { type LogLevel, type LogLine, logLevels } from '../../state/model/logs.js';
import { paths, serviceOfUnit, unitOfNode } from '../../state/model/paths.js';

/** Which lines to show. Patterns name units, or services for all their units. */
export function lineFilter({
  include,
  exclude = [],
  level,
}: {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly level: LogLevel;
}): (line: LogLine) => boolean {
  const least = logLevels.indexOf(level);
  // A level that this release does not know is shown.
  const levels: readonly string[] = logLevels;
  const rank = (said: string): number => {
    const known = levels.indexOf(said);
    return known === -1 ? logLevels.length : known;
  };
  return (line) =>
    rank(line.level) >= least &&
    (include === undefined || named(include, line.unit)) &&
    !named(exclude, line.unit);
}

function named(patterns: readonly string[], unit: string): boolean {
  return matchesAny(patterns, unit) || matchesAny(patterns, serviceOfUnit(unit));
}

/** Those of the patterns that match no unit and no service there is, nor one that logged. */
export async function matchingNothing(
  coordinator: Coordinator,
  patterns: readonly string[],
  lines: readonly LogLine[],
): Promise<readonly string[]> {
  if (patterns.length === 0) return [];
  const [services = [], units = []] = await Promise.all([
    coordinator.children(paths.services),
    coordinator.children(paths.units),
  ]);
  const names = new Set([...units.map(unitOfNode), ...lines.map(({ unit }) => unit)]);
  return patterns.filter(
    (pattern) =>
      !services.some((service) => matchesAny([pattern], service)) &&
      ![...names].some((unit) => named([pattern], unit)),
  );
}
