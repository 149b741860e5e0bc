import { matchesAny } from '../../state/glob.js';
import { type LogLevel, type LogLine, logLevels } from '../../state/model/logs.js';
import { serviceOfUnit } from '../../state/model/paths.js';

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
  const named = (patterns: readonly string[], unit: string): boolean =>
    matchesAny(patterns, unit) || matchesAny(patterns, serviceOfUnit(unit));
  return (line) =>
    logLevels.indexOf(line.level) >= least &&
    (include === undefined || named(include, line.unit)) &&
    !named(exclude, line.unit);
}
