import { createHash } from 'node:crypto';
import {
  candidatesOperations,
  candidatesPath,
  readCandidates,
} from '../../control/candidates/known-candidates.js';
import { followChanges, type Listing } from '../../control/candidates/follow-changes.js';
import type { ForgeRequest } from '../../control/candidates/forges/forge.js';
import { dueTrials } from '../../control/candidates/together.js';
import { mapBounded } from '../../state/formula/concurrency.js';
import type { GitHeads } from '../../state/formula/repositories/git-fetch.js';
import type { GitLocation } from '../../state/formula/repositories/git-location.js';
import { type GitLimits, gitLimits } from '../../state/formula/repositories/git-process.js';
import { parseLocation } from '../../state/formula/repositories/location.js';
import type { Candidates } from '../../state/model/candidates.js';
import { paths } from '../../state/model/paths.js';
import { policyOf } from '../../state/model/upgrade-policy.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { Part, Pass, PolledPass } from '../contract/led.js';
import { NotAsJudged } from '../pass/judged-service.js';
import { observeServices, type ObservedService } from '../pass/observe.js';
import { forgeOf, placeOfChanges } from './forge-of.js';
import { LookedAt, type LookOptions } from './looked-at.js';
import { reportOfRepository } from './report-of-repository.js';
import { tellOfTrial } from './tell-of-trial.js';

/** Repositories that are asked at the same time. */
const AT_ONCE = 8;

/** Milliseconds that a repository that could not be asked is left alone, doubled with each failure, and the most. */
const RETRY = { first: 60_000, most: 3_600_000 } as const;

/** Of a repository that the pass asked in vain: why that was stands with the repositories. */
const NO_ANSWER: Listing = { why: 'the repository did not answer when it was asked' };

export interface CandidatesOptions {
  readonly request: ForgeRequest;
  readonly variables: NodeJS.ProcessEnv;
  readonly limits?: Partial<GitLimits>;
}

/** Milliseconds for which a forge is left alone at most, whatever another watcher noted. */
const LONGEST_LIMIT = 2 * 3_600_000;

/** A repository from pass to pass. */
interface Known {
  readonly looked: LookedAt;
  failures: number;
  /** Milliseconds since boot, before which it is left alone. */
  again: number;
}

/** Looks in each pass which changes are open in the git repositories of an environment's services, and tells it in the state. */
export class CandidatesPart implements Part {
  readonly name = 'the look for candidates';
  readonly #known = new Map<string, Known>();
  /** By a digest of the credential, until when nothing is to be asked, in milliseconds since the epoch. */
  readonly #limited = new Map<string, number>();
  #isRead = false;
  readonly #options: CandidatesOptions;

  constructor(options: CandidatesOptions) {
    this.#options = options;
  }

  async pass(pass: PolledPass): Promise<void> {
    const services = await watchedServices(pass);
    const places = new Map<string, { readonly url: string; readonly location: GitLocation }>();
    for (const { service } of services) {
      const url = service.repository.path;
      const location = gitLocation(url);
      if (location !== undefined) places.set(candidatesPath(url), { url, location });
    }
    await this.#forget(pass, new Set(places.keys()));
    await this.#recall(pass);
    await mapBounded([...places.values()], AT_ONCE, ({ url, location }) => this.#look(pass, url, location));
    // Forges may take long to answer: who is told is whoever is there by now.
    try {
      await this.#announce(pass, await watchedServices(pass));
    } catch (error) {
      // Operators paused the watcher: what is not noted as told is told once it looks again.
      if (!(error instanceof NotAsJudged)) throw error;
    }
  }

  async close(): Promise<void> {
    this.#known.clear();
  }

  /** What is open in a repository that nobody came from any more concerns nobody. */
  async #forget({ session, guard }: Pass, wanted: ReadonlySet<string>): Promise<void> {
    const { coordinator } = session;
    const names = (await coordinator.children(paths.watcherCandidates)) ?? [];
    for (const path of names.map(paths.watcherCandidate))
      if (!wanted.has(path)) await coordinator.transaction([guard, { kind: 'remove', path }]);
    for (const path of this.#known.keys()) if (!wanted.has(path)) this.#known.delete(path);
  }

  /** What another watcher, or this one before it led, was told by the forges. */
  async #recall({ session, clock }: Pass): Promise<void> {
    if (this.#isRead) return;
    for (const { limited } of await readCandidates(session.coordinator)) {
      if (limited === undefined) continue;
      // A clock that was wrong must not silence a forge for days.
      const until = Math.min(Date.parse(limited.until) || 0, clock.now() + LONGEST_LIMIT);
      this.#limited.set(limited.credential, Math.max(until, this.#limited.get(limited.credential) ?? 0));
    }
    this.#isRead = true;
  }

  async #look(pass: PolledPass, url: string, location: GitLocation): Promise<void> {
    const { clock, session } = pass;
    const path = candidatesPath(url);
    const known = this.#known.get(path) ?? { looked: new LookedAt(location), failures: 0, again: 0 };
    this.#known.set(path, known);
    if (clock.monotonic() < known.again) return;
    const heads = pass.heads(url);
    const listing = heads === undefined ? NO_ANSWER : await this.#ask(pass, known, location, heads);
    const before = (await readCandidates(session.coordinator)).find(
      (each) => candidatesPath(each.url) === path,
    );
    if (before === undefined && 'candidates' in listing && listing.candidates.length === 0) return;
    await betweenFaults('watcher.candidates', () =>
      write(pass, followChanges(url, before, listing, clock.now())),
    );
    if (before?.why !== ('why' in listing ? listing.why : undefined)) reportAnswer(pass, url, listing);
  }

  async #ask(pass: Pass, known: Known, location: GitLocation, heads: GitHeads): Promise<Listing> {
    const { clock, session } = pass;
    const { variables, request, limits } = this.#options;
    const forge = forgeOf(location, session.environment.forges ?? [], variables);
    const credential = credentialOf(forge);
    const left = this.#limited.get(credential) ?? 0;
    const limitOf = (until: number): { readonly limited: { until: string; credential: string } } => ({
      limited: { until: new Date(until).toISOString(), credential },
    });
    if (left > clock.now())
      return {
        why: `its forge is asked too often; it is asked again at ${new Date(left).toISOString()}`,
        ...limitOf(left),
      };
    const { until, ...listing } = await known.looked.look({
      clock,
      request,
      forge,
      place: placeOfChanges(location),
      heads,
      limits: { ...gitLimits, clock, wall: 120_000, ...limits },
    });
    if (until !== undefined) this.#limited.set(credential, until);
    known.failures = 'why' in listing ? known.failures + 1 : 0;
    const wait = known.failures === 0 ? 0 : Math.min(RETRY.most, RETRY.first * 2 ** (known.failures - 1));
    known.again = clock.monotonic() + wait * (1 - pass.random() / 4);
    return until === undefined ? listing : { ...listing, ...limitOf(until) };
  }

  /** Tells of changes that are to be tried, as they or something that they need moved; noted after that was acknowledged. */
  async #announce(pass: Pass, services: readonly ObservedService[]): Promise<void> {
    const nodes = await readCandidates(pass.session.coordinator);
    const all = nodes.flatMap(({ candidates }) => candidates);
    for (const node of nodes) {
      const own = new Set(node.candidates.map(({ id }) => id));
      const due = dueTrials(all, node.tried ?? {}).filter(({ id }) => own.has(id));
      const tried = Object.fromEntries(Object.entries(node.tried ?? {}).filter(([id]) => own.has(id)));
      try {
        for (const trial of due) {
          const isTold = await betweenFaults('watcher.tell', () => tellOfTrial(pass, node, trial, services));
          if (isTold) tried[trial.id] = trial.fingerprint;
        }
      } finally {
        // Whatever ends the telling, what was told by then is not told again.
        const isSame = JSON.stringify(tried) === JSON.stringify(node.tried ?? {});
        if (!isSame) await betweenFaults('watcher.tried', () => write(pass, { ...node, tried }));
      }
    }
  }
}

/** Whose quota a forge counts on, in a form that tells no secret. */
function credentialOf(forge: LookOptions['forge']): string {
  if (forge === undefined || 'why' in forge) return '';
  const { api, token = '' } = forge.forge;
  return createHash('sha256').update(`${api} ${token}`).digest('hex').slice(0, 16);
}

/** The services that somebody wants looked after. */
async function watchedServices({ session }: Pass): Promise<readonly ObservedService[]> {
  const all = await observeServices(session.coordinator, []);
  return all.filter(({ service }) => policyOf(service.policy).mode !== 'off');
}

function gitLocation(url: string): GitLocation | undefined {
  try {
    const location = parseLocation(url);
    return location.kind === 'git' ? location : undefined;
  } catch (error) {
    if (error instanceof EnsembleError) return undefined;
    throw error;
  }
}

async function write({ session, guard }: Pass, next: Candidates): Promise<void> {
  const operations = await candidatesOperations(session.coordinator, next);
  if (operations.length > 0) await session.coordinator.transaction([guard, ...operations]);
}

function reportAnswer(pass: Pass, repository: string, listing: Listing): void {
  const asked = 'which changes are open';
  if ('why' in listing)
    reportOfRepository(pass, {
      repository,
      asked,
      found: 'it could not be asked',
      did: 'left the candidates as they are known',
      outcome: 'failed',
      fault: 'infrastructure',
      error: listing.why,
    });
  else
    reportOfRepository(pass, {
      repository,
      asked,
      found: 'it answers again',
      did: 'told what is open',
      outcome: 'done',
    });
}
