import { retryDeliveries } from '../../control/watching/retry-deliveries.js';
import type { Problem } from '../../state/model/entity.js';
import { readDeliveries } from '../../state/model/watcher-deliveries.js';
import type { Delivery } from '../../state/model/watcher-delivery.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { WatcherRequest } from './request.js';
import type { ExitCode } from '../invocation/invocation.js';
import { requester } from '../invocation/requester.js';
import { type Output, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { ago } from './ago.js';

const HEAD = ['ANNOUNCED', 'TO', 'STATE', 'TRIES', 'SERVICE', 'ANNOUNCEMENT', 'WHY'];

/** Shows the announcements that are in line, and those that were given up. */
export async function showDeliveries({ session, options, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const now = systemClock.now();
  const all = await readDeliveries(session.coordinator, problems);
  warnOf(problems, output);
  const deliveries = all.map(({ delivery }) => delivery).filter(({ state }) => state !== 'delivered');
  await printData(output, options.format, { deliveries }, (columns) =>
    deliveries.length === 0
      ? ['all that was announced is delivered']
      : renderTable([HEAD, ...deliveries.map((each) => rowOf(each, now))], columns, [3, 0]),
  );
  return 0;
}

function rowOf(
  { queuedAt, sink, state, tries, announcement, reason }: Delivery,
  now: number,
): readonly string[] {
  const { service, id } = announcement;
  return [
    ago(queuedAt, now),
    printable(sink),
    printable(state === 'dead' ? 'given up' : state),
    String(tries),
    printable(service),
    printable(id),
    printable(reason ?? '-'),
  ];
}

/** Has announcements tried again that were given up. */
export async function retry({ session, subject, invocation }: WatcherRequest): Promise<ExitCode> {
  const { output } = invocation;
  const problems: Problem[] = [];
  const again = await retryDeliveries(session, subject, requester(systemClock.now()), problems);
  warnOf(problems, output);
  if (again.length === 0) output.notice('no announcement was given up');
  for (const { sink, announcement } of again)
    output.notice(`${printable(announcement.id)} is in line for ${printable(sink)} again`);
  return 0;
}

function warnOf(problems: readonly Problem[], output: Output): void {
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}; the rest is here`);
}
