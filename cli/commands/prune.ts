import { type Pruned, type PruneRequest, pruneAll } from '../../control/prune/prune.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { type Format, printData } from '../output/output.js';
import { renderTable } from '../output/table.js';
import { requester } from '../invocation/requester.js';
import { withSession } from '../invocation/session.js';

interface PruneOptions extends PruneRequest {
  readonly format: Format;
}

/** Removes what nothing needs any more: formulas with their bundles, histories, logs, marks, tombstones. */
export async function prune(options: PruneOptions, invocation: Invocation): Promise<ExitCode> {
  return withSession<ExitCode>(invocation, async (session) => {
    const pruned = await pruneAll(session, options, requester(systemClock.now()));
    await printData(invocation.output, options.format, pruned, (columns) => tableOf(pruned, columns));
    return 0;
  });
}

function tableOf(
  { dryRun, formulas, objects, histories, logs, marks, tombstones }: Pruned,
  columns: number,
): readonly string[] {
  const rows = [
    ...Object.entries(formulas).map(([id, { bytes, bundle }]) => [
      'formula',
      printable(id),
      bundle === 'removed' ? `${bytes} bytes` : 'its bundle stays: others may need it',
    ]),
    ...objects.map((key) => ['object', key, 'left by a pruning that was interrupted']),
    ...histories.map((service) => ['history', service, 'the service is gone']),
    ...logs.map((machine) => ['logs', machine, 'the machine is gone']),
    ...marks.map((agentId) => ['mark', printable(agentId), 'the agent has no machine any more']),
    ...tombstones.map((unit) => ['tombstone', unit, 'its agent did not come back']),
  ];
  if (rows.length === 0) return ['nothing to prune'];
  return renderTable([[dryRun ? 'WOULD GO' : 'GONE', 'NAME', ''], ...rows], columns);
}
