import { systemClock } from '../../state/platform/clock.js';
import { warnOfLateWatcher } from '../watching/late.js';
import { readSnapshot, type Snapshot } from '../../control/status/snapshot.js';
import type { ExitCode, Invocation } from '../invocation/invocation.js';
import { intoFile } from '../output/into-file.js';
import { withSession } from '../invocation/session.js';
import { type Drawing, drawing } from '../status/drawing.js';
import { narrow } from '../../control/status/scopes.js';
import { statusDocument } from '../../control/status/make-status-document.js';
import { withKnown } from '../status/newer-cell.js';
import { type StatusFormat, statusText } from '../status/status-text.js';
import { filterUnits, type UnitFilter } from '../../control/status/unit-filter.js';
import { watchSnapshot } from '../../control/status/watch-snapshot.js';
import { interruptible } from '../invocation/interrupt.js';

export interface StatusOptions extends UnitFilter {
  readonly format: StatusFormat;
  readonly watch?: boolean;
  /** A file for what is printed. */
  readonly output?: string;
}

/** Prints the environment, or what of it has one of the names; with `--watch` again after every change. */
export async function status(
  scopes: readonly string[],
  { format, watch = false, output: file, ...filter }: StatusOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (watch && (format === 'dot' || format === 'svg'))
    throw invocation.misuse(`--watch cannot draw ${format}`);
  return intoFile(invocation.output, file, (output) =>
    print(scopes, filter, format, watch, { ...invocation, output }),
  );
}

function print(
  scopes: readonly string[],
  filter: UnitFilter,
  format: StatusFormat,
  watch: boolean,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  return withSession<ExitCode>(invocation, async ({ coordinator, environment, choice }) => {
    const textOf = (snapshot: Snapshot): Promise<string> => {
      for (const { name, service } of snapshot.services) invocation.trace.seen.set(name, service.formula);
      const shown = filterUnits(narrow(snapshot, scopes), filter);
      const document = withKnown(statusDocument(environment.name, shown, choice), environment.state);
      return statusText(document, format, output, watch, snapshot.machines.length);
    };
    if (!watch) {
      output.data(await textOf(await readSnapshot(coordinator)));
      await warnOfLateWatcher(coordinator, output);
      return 0;
    }
    const onto: Drawing = drawing(output, format);
    const show = async (snapshot: Snapshot): Promise<void> => onto.draw(await textOf(snapshot));
    await interruptible((interrupt) => watchSnapshot(coordinator, show, interrupt, systemClock));
    return 0;
  });
}
