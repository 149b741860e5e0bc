import type { NewerEntry } from '../../control/newer/newer-document.js';
import type { Session } from '../../control/session.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { layoutSchema } from '../../state/model/environment-schemas.js';
import type { Output } from '../output/output.js';
import { mayKnow } from './allowed.js';
import { afterShowing } from './due.js';
import { changeNotices, noticesFile } from './notices-file.js';
import { entryWith, knownOffers } from './refresh.js';
import { ownVariables } from '../../state/platform/variables.js';

/** What an operator asked for and was shown. */
export interface Shown {
  readonly found: Readonly<Record<string, NewerEntry>>;
  /** False where only some services were asked for. */
  readonly isAll: boolean;
  /** The revisions of a service that were shown. */
  readonly revisions: (entry: NewerEntry) => readonly number[];
}

/**
 * Notes for the notices what an operator was just shown, as if it was told: so that no notice says it once more, and no
 * look in the background begins for what was just asked. Waits for nobody, and goes wrong without a word.
 * @param now milliseconds since 1970
 */
export async function noteShown(
  { coordinator, environment }: Session,
  { found, isAll, revisions }: Shown,
  output: Output,
  now: number,
): Promise<void> {
  const [stdout, stderr] = [output.stdout.isTerminal, output.stderr.isTerminal];
  if (!mayKnow({ stdout, stderr, variables: ownVariables(), notices: environment.notices })) return;
  try {
    const layout = await readEntity(coordinator, paths.layout, layoutSchema);
    const shown = Object.entries(found).flatMap(([service, entry]) => {
      const seen = new Set(revisions(entry));
      const offers = knownOffers(entry).filter(({ revision }) => seen.has(revision));
      return offers.length === 0 ? [] : [{ service, formula: entry.formula, offers }];
    });
    changeNotices(
      noticesFile(ownVariables()),
      environment.state,
      ({ entry, introduced }) => {
        const known = entryWith(entry, found, layout?.value.environment, now, isAll);
        return { entry: afterShowing(known, shown, now), introduced };
      },
      now,
    );
  } catch {
    // What was asked for is printed; a notice says it once more.
  }
}
