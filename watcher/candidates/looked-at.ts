import { branchIn, dependsOn } from '../../control/candidates/depends-on.js';
import type { Listing } from '../../control/candidates/follow-changes.js';
import type { ForgeParts, KnownPages, OpenChange } from '../../control/candidates/forges/forge.js';
import { listChanges } from '../../control/candidates/forges/list-changes.js';
import { isCandidateKey } from '../../state/formula/candidate-mark.js';
import type { GitLocation } from '../../state/formula/repositories/git-location.js';
import {
  CANDIDATE_BRANCHES,
  type GitHeads,
  type GitRef,
} from '../../state/formula/repositories/git-fetch.js';
import type { GitLimits } from '../../state/formula/repositories/git-process.js';
import {
  type Proposal,
  type ProposedFormula,
  proposalsAt,
} from '../../state/formula/repositories/git-proposals.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { AtForge } from './forge-of.js';
import { proposedIn } from './proposed.js';

/** Refs that are fetched together. */
const TOGETHER = 50;

/** As git says it of a ref that was there a moment ago. */
const GONE = /couldn't find remote ref/;

/** An open change, as its forge or git names it. */
interface SeenChange extends Pick<OpenChange, 'commit' | 'ref' | 'url' | 'title'> {
  readonly key: string;
  readonly id: string;
  /** Undefined: as its commit says. */
  readonly updatedAt: string | undefined;
  /** Undefined: as the message of its commit says. */
  readonly dependsOn: readonly string[] | undefined;
}

/** How one repository is asked. */
export interface LookOptions extends ForgeParts {
  readonly limits: GitLimits;
  /** Where others know its changes: `github.com/owner/name`. */
  readonly place: string;
  readonly forge: AtForge | { readonly why: string } | undefined;
  /** What git named when it was asked. */
  readonly heads: GitHeads;
}

/** The open changes of one repository from look to look, and what each proposes. What stands is not fetched again. */
export class LookedAt {
  #pages: KnownPages = {};
  #base: Proposal | undefined;
  #proposals = new Map<string, Proposal>();
  readonly #location: GitLocation;

  constructor(location: GitLocation) {
    this.#location = location;
  }

  /**
   * Looks which changes are open, and what they propose.
   * @returns `until`: nothing is to be asked of its forge before, in milliseconds since the epoch
   */
  async look(options: LookOptions): Promise<Listing & { readonly until?: number }> {
    try {
      return await this.#look(options);
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      return { why: error.message };
    }
  }

  async #look(options: LookOptions): Promise<Listing & { readonly until?: number }> {
    const { forge, place, clock, request, heads } = options;
    if (forge !== undefined && 'why' in forge) return forge;
    const changes: SeenChange[] = [];
    let whole = true;
    if (forge !== undefined) {
      const answer = await listChanges(forge.forge, forge.path, this.#pages, { clock, request });
      if (answer.kind === 'limited') return { why: answer.why, until: answer.until };
      if (answer.kind === 'unknown') return { why: answer.why };
      this.#pages = answer.pages;
      whole = answer.whole;
      changes.push(...answer.changes.map((each) => seenChange(each, place)));
    }
    const { head, candidates } = heads;
    changes.push(...candidates.flatMap((each) => seenBranch(each, place)));
    const wanted = changes.filter(({ ref, commit }) => this.#proposals.get(ref)?.commit !== commit);
    const isBaseNew = this.#base?.commit !== head.sha && changes.length > 0;
    const refs = wanted.map(({ ref, commit }) => ({ name: ref, sha: commit }));
    const isFetched = await this.#fetch([...refs, ...(isBaseNew ? [head] : [])], head, options.limits);
    const present = new Set(changes.map(({ ref }) => ref));
    for (const ref of this.#proposals.keys()) if (!present.has(ref)) this.#proposals.delete(ref);
    const base = this.#base?.formulas ?? [];
    return {
      candidates: changes.flatMap((each) => this.#candidatesOf(each, base, place)),
      whole: whole && isFetched,
    };
  }

  /** @returns false where some of them are gone by now, which keeps no other from being fetched */
  async #fetch(refs: readonly GitRef[], head: GitRef, limits: GitLimits): Promise<boolean> {
    let isWhole = true;
    for (let start = 0; start < refs.length; start += TOGETHER) {
      const together = refs.slice(start, start + TOGETHER);
      try {
        this.#take(await proposalsAt(this.#location, together, limits), head);
      } catch (error) {
        if (!(error instanceof EnsembleError) || !GONE.test(error.message)) throw error;
        isWhole = false;
        // The next look asks git and the forge anew; of all but those that are gone, it knows what they propose.
        for (const each of together)
          await proposalsAt(this.#location, [each], limits).then(
            (found) => this.#take(found, head),
            (reason: unknown) => {
              if (!(reason instanceof EnsembleError) || !GONE.test(reason.message)) throw reason;
            },
          );
      }
    }
    return isWhole;
  }

  #take(found: readonly Proposal[], head: GitRef): void {
    for (const each of found)
      if (each.ref === head.name) this.#base = each;
      else this.#proposals.set(each.ref, each);
  }

  #candidatesOf(
    { updatedAt, ...change }: SeenChange,
    base: readonly ProposedFormula[],
    place: string,
  ): Extract<Listing, { readonly whole: boolean }>['candidates'] {
    const proposal = this.#proposals.get(change.ref);
    if (proposal === undefined) return [];
    const at = updatedAt ?? new Date(proposal.committedAt).toISOString();
    return proposedIn(proposal, base).map(({ name, revision }) => ({
      ...change,
      formula: name,
      revision,
      // It may have moved since its forge was asked.
      commit: proposal.commit,
      updatedAt: at,
      dependsOn: [...(change.dependsOn ?? dependsOn(proposal.message, place))],
    }));
  }
}

function seenChange(change: OpenChange, place: string): SeenChange {
  const { number, commit, ref, url, title, updatedAt, description } = change;
  return {
    key: `pr:${number}`,
    id: `${place}#${number}`,
    commit,
    ref,
    url,
    title,
    updatedAt,
    dependsOn: dependsOn(description, place),
  };
}

/** A branch whose name no command could be given is left alone. */
function seenBranch({ name, sha }: GitRef, place: string): readonly SeenChange[] {
  const branch = name.slice(CANDIDATE_BRANCHES.length);
  const key = `branch:${branch}`;
  if (!isCandidateKey(key)) return [];
  const id = branchIn(place, branch);
  return [
    { key, id, commit: sha, ref: name, url: '', title: '', updatedAt: undefined, dependsOn: undefined },
  ];
}
