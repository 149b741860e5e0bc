import { type Release, releaseOf, type Urgency } from '../../state/formula/release.js';
import { isInRange } from '../../state/formula/version-range.js';
import type { Reason } from './reasons.js';
import { type Contents, structuralBreaks, type Uses } from './structural-breaks.js';

/** `eligible`: may be taken by itself; `questionable`: somebody should look first; `ineligible`: not to be taken. */
export type NewerClass = 'eligible' | 'questionable' | 'ineligible';

/** A revision that a service runs, or that a repository offers. */
export interface Revision extends Contents {
  readonly revision: number;
  /** Of the deployed one: it is no release, and the release of its revision is newer. */
  readonly isCandidate?: boolean;
  /** Its author took it back; why, where that is said. */
  readonly withdrawn?: { readonly why?: string } | undefined;
  /** The id under which another content was published than is offered now. */
  readonly changedSince?: string | undefined;
  /** The environment does not trust whoever signed it. */
  readonly untrusted?: { readonly why: string } | undefined;
}

/** The facts about the service and the places where it runs. */
export interface Facts extends Uses {
  /** The agents that host its units; `version` is unknown while an agent is away. */
  readonly agents: readonly { readonly machine: string; readonly version?: string | undefined }[];
  /** The revisions that it went back from. */
  readonly bad: readonly number[];
  readonly subordinate: boolean;
}

/** A revision that is newer than the deployed one, and what it is to the service. */
export interface Classified {
  readonly revision: number;
  readonly class: NewerClass;
  /** Why; never empty. */
  readonly reasons: readonly Reason[];
  readonly urgent: Urgency | null;
}

/** The verdict on the revisions that are newer than a service's formula. */
export interface Opinion {
  readonly deployed: number;
  /** The highest of its class; null where there is none. */
  readonly eligible: number | null;
  readonly questionable: number | null;
  /** The highest that is urgent and not ineligible. */
  readonly urgent: number | null;
  /** All that are newer, the highest first. */
  readonly candidates: readonly Classified[];
}

/**
 * The one opinion about what is newer; everything that offers, takes or shows a newer revision asks it. Order is by number
 * alone. The highest revision of a class stands for it, so that one behind an ineligible one is found.
 */
export function classify(deployed: Revision, offered: readonly Revision[], facts: Facts): Opinion {
  const candidates = offered
    .filter(({ revision }) =>
      deployed.isCandidate === true ? revision >= deployed.revision : revision > deployed.revision,
    )
    .toSorted((a, b) => b.revision - a.revision)
    .map((candidate) => classifyOne(deployed, candidate, facts));
  const highest = (fits: (each: Classified) => boolean): number | null =>
    candidates.find(fits)?.revision ?? null;
  return {
    deployed: deployed.revision,
    eligible: highest((each) => each.class === 'eligible'),
    questionable: highest((each) => each.class === 'questionable'),
    urgent: highest((each) => each.class !== 'ineligible' && each.urgent !== null),
    candidates,
  };
}

function classifyOne(deployed: Revision, candidate: Revision, facts: Facts): Classified {
  const release = releaseOf(candidate.metadata);
  const against = [
    ...withdrawal(candidate),
    ...(candidate.untrusted === undefined ? [] : [{ kind: 'untrusted', ...candidate.untrusted } as const]),
    ...(candidate.changedSince === undefined
      ? []
      : [{ kind: 'changed-since', published: candidate.changedSince } as const]),
    ...(release.prerelease && !releaseOf(deployed.metadata).prerelease
      ? [{ kind: 'prerelease' } as const]
      : []),
    ...(facts.bad.includes(candidate.revision) ? [{ kind: 'reverted' } as const] : []),
    ...(candidate.metadata.subordinate === facts.subordinate
      ? []
      : [{ kind: 'subordinate', subordinate: candidate.metadata.subordinate } as const]),
    ...agentsTooOld(release, facts),
  ];
  const doubts = [
    ...lineDoubts(releaseOf(deployed.metadata), release),
    ...structuralBreaks(deployed, candidate, facts),
    ...agentsUnknown(release, facts),
  ];
  const reasons: readonly Reason[] = [...against, ...doubts];
  return {
    revision: candidate.revision,
    class: against.length > 0 ? 'ineligible' : doubts.length > 0 ? 'questionable' : 'eligible',
    reasons: reasons.length > 0 ? reasons : [{ kind: 'compatible', line: release.line }],
    urgent: release.urgent ?? null,
  };
}

function withdrawal({ withdrawn }: Revision): readonly Reason[] {
  if (withdrawn === undefined) return [];
  return [{ kind: 'withdrawn', ...(withdrawn.why !== undefined && { why: withdrawn.why }) }];
}

function lineDoubts(from: Release, to: Release): readonly Reason[] {
  if (from.line !== to.line) return [{ kind: 'other-line', from: from.line, to: to.line }];
  return to.line === 0 ? [{ kind: 'unstable' }] : [];
}

/** All agents that are too old have to be made newer, so each is a reason. */
function agentsTooOld({ ensemble: needs }: Release, { agents }: Facts): readonly Reason[] {
  if (needs === undefined) return [];
  return agents.flatMap(({ machine, version }): Reason[] =>
    version !== undefined && isInRange(version, needs) === false
      ? [{ kind: 'agent-too-old', needs, machine, version }]
      : [],
  );
}

function agentsUnknown({ ensemble: needs }: Release, { agents }: Facts): readonly Reason[] {
  if (needs === undefined) return [];
  return agents
    .filter(({ version }) => version === undefined || isInRange(version, needs) === undefined)
    .map(({ machine }): Reason => ({ kind: 'agent-unknown', needs, machine }));
}
