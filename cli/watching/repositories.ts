import { readNamedWatched } from '../../control/watching/watched-repositories.js';
import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';
import { systemClock } from '../../state/platform/clock.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { ago } from './ago.js';

/** Shows how each repository answered when it was asked last. */
export async function showRepositories({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const now = systemClock.now();
  const repositories = await readNamedWatched(session.coordinator, problems);
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}`);
  await printData(output, options.format, { repositories }, (columns) => {
    if (repositories.length === 0)
      return ['no repository was looked at yet; see whether anybody does: ensemble watcher status'];
    const rows = repositories.map(({ name, location, outcome, at, ms, circuit, services, error, until }) => [
      printable(outcome),
      ago(at, now),
      `${Math.round(ms)} ms`,
      printable(circuit),
      String(services),
      printable(name ?? '-'),
      [printable(location), printable(error ?? ''), until === undefined ? '' : `left alone until ${until}`]
        .filter((words) => words !== '')
        .join(': '),
    ]);
    return renderTable(
      [['ANSWER', 'ASKED', 'TOOK', 'CIRCUIT', 'SERVICES', 'NAME', 'WHERE'], ...rows],
      columns,
    );
  });
  return 0;
}
