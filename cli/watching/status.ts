import { watcherDocument } from '../../control/watching/watcher-document.js';
import type { Problem } from '../../state/model/entity.js';
import { printable } from '../../state/platform/printable.js';
import { systemClock } from '../../state/platform/clock.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { printData } from '../output/output.js';
import { ago } from './ago.js';

/** Shows who watches, and when it looked last. */
export async function showStatus({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const now = systemClock.now();
  const document = await watcherDocument(session.coordinator, now, problems);
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}`);
  await printData(output, options.format, document, () => {
    const {
      state,
      since,
      leads,
      host,
      pid,
      version,
      lastPassAt,
      lastPassMs,
      period,
      paused,
      repositories,
      deliveries,
    } = document;
    if (state === 'never')
      return [
        'nobody watches the repositories of this environment',
        'start a watcher on any machine: ensemble-watcher',
      ];
    const { total, failing } = repositories;
    const ran = `${printable(`${host}`)} (pid ${pid}, version ${version})`;
    const where = leads === true ? `, on ${ran}` : `; nobody watches now, the last one did on ${ran}`;
    return [
      `watcher: ${state}${since === undefined ? '; none ever ran here' : where}`,
      ...(state === 'ended' ? ['start a watcher on any machine: ensemble-watcher'] : []),
      `last look: ${lastPassAt === undefined ? 'none yet' : `${ago(lastPassAt, now)}, ${lastPassMs} ms`}${leads === true ? `; every ${(period ?? 0) / 1_000} s` : ''}`,
      `repositories: ${total}${failing === 0 ? '' : `, ${failing} of them cannot be asked: ensemble watcher repositories`}`,
      ...(deliveries.waiting === 0
        ? []
        : [`announcements in line: ${deliveries.waiting}; see: ensemble watcher deliveries`]),
      ...(deliveries.dead === 0
        ? []
        : [`announcements given up: ${deliveries.dead}; try them again with: ensemble watcher retry`]),
      ...(paused === undefined
        ? []
        : [
            printable(
              `paused by ${paused.by}, ${ago(paused.since, now)}${paused.reason === undefined ? '' : `: ${paused.reason}`}; end that with: ensemble watcher resume`,
            ),
          ]),
    ];
  });
  return 0;
}
