import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Urgency } from '../../state/formula/release.js';
import type { WatcherState } from '../../state/model/watcher.js';
import type { NewerClass } from './classify.js';
import type { Finding } from './find-newer.js';
import { reasonText } from './reasons.js';

/** The newer revisions for a service's formula, as `newer` prints them; fields are added, never renamed. */
export interface NewerEntry {
  /** Revisions are numbers throughout, and null where there is none. */
  readonly deployed: number;
  /** False where the repository could not be asked; `why` then says why, and the rest says nothing. */
  readonly known: boolean;
  readonly why?: string | undefined;
  readonly eligible: number | null;
  readonly questionable: number | null;
  readonly urgent: number | null;
  /** The highest first. */
  readonly candidates: readonly {
    readonly revision: number;
    readonly class: NewerClass;
    readonly reasons: readonly string[];
    readonly urgent: Urgency | null;
  }[];
  /** The id of what is deployed. */
  readonly formula: string;
  readonly repository: string;
  /** Revisions that may be newer, and cannot be read. */
  readonly problems?: readonly string[];
  /** There where the watcher found that, and is paused: since then nobody has looked. `since` is an ISO instant. */
  readonly paused?: WatcherState['paused'];
}

/** All findings, by service. */
export function newerDocument(findings: readonly Finding[]): Readonly<Record<string, NewerEntry>> {
  return Object.fromEntries(findings.map((finding) => [finding.service, entryOf(finding)]));
}

function entryOf({ formula, repository, opinion, problems }: Finding): NewerEntry {
  const about = { formula, repository, ...(problems.length > 0 && { problems }) };
  if ('why' in opinion)
    return {
      deployed: parseFormulaId(formula).revision,
      known: false,
      why: opinion.why,
      eligible: null,
      questionable: null,
      urgent: null,
      candidates: [],
      ...about,
    };
  const { deployed, eligible, questionable, urgent, candidates } = opinion;
  return {
    deployed,
    known: true,
    eligible,
    questionable,
    urgent,
    candidates: candidates.map((each) => ({ ...each, reasons: each.reasons.map(reasonText) })),
    ...about,
  };
}
