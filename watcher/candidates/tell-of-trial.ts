import { candidatesPath } from '../../control/candidates/known-candidates.js';
import type { DueTrial } from '../../control/candidates/together.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Candidates, OpenCandidate } from '../../state/model/candidates.js';
import type { AnnouncedCandidate } from '../contract/announcement.js';
import type { Pass } from '../contract/led.js';
import { JudgedService, NotAsJudged } from '../pass/judged-service.js';
import { observeService, type ObservedService } from '../pass/observe.js';
import { reportOfRepository } from './report-of-repository.js';

/** How often a service is told that becomes another each time; the next pass tells it then. */
const MOST_TRIES = 5;

/**
 * Tells of a change that is to be tried all services that run what it proposes. One that becomes another meanwhile is told as
 * it stands then, and keeps nobody else from being told.
 * @returns false where one of them could not be told, as it became another all the time
 * @throws NotAsJudged where operators paused the watcher; EnsembleError where it could not be queued
 */
export async function tellOfTrial(
  pass: Pass,
  of: Candidates,
  trial: DueTrial,
  services: readonly ObservedService[],
): Promise<boolean> {
  const own = of.candidates.filter(({ id }) => id === trial.id);
  const at = new Date(pass.clock.now()).toISOString();
  let isTold = true;
  for (const observed of services)
    if (!(await tellService(pass, { url: of.url, own, trial, at }, observed))) isTold = false;
  const [first] = own;
  if (!isTold || first === undefined) return isTold;
  reportOfRepository(pass, {
    repository: of.url,
    asked: `what ${first.key} proposes`,
    found: own
      .map(({ formula, revision, commit }) => `${formula} ${revision} at ${commit.slice(0, 12)}`)
      .join(', '),
    did:
      trial.members.length > own.length
        ? `told of it, with ${trial.members.length - own.length} that it needs`
        : 'told of it',
    outcome: 'done',
    fingerprint: trial.fingerprint,
  });
  return true;
}

/** A trial, with what the change itself proposes. */
interface Told {
  /** Of the repository. */
  readonly url: string;
  readonly own: readonly OpenCandidate[];
  readonly trial: DueTrial;
  /** ISO instant. */
  readonly at: string;
}

/** @returns false where it became another each time; true also where the trial does not concern it */
async function tellService(pass: Pass, told: Told, observed: ObservedService): Promise<boolean> {
  let standing: ObservedService | undefined = observed;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    // It is gone, or nobody wants it looked after any more.
    if (standing === undefined) return true;
    try {
      await tellOnce(pass, told, standing);
      return true;
    } catch (error) {
      if (!(error instanceof NotAsJudged) || error.isPaused) throw error;
      standing = await observeService(pass.session.coordinator, observed.name);
    }
  }
  return false;
}

/** @throws NotAsJudged where it became another */
async function tellOnce(
  { session, announcer }: Pass,
  { url, own, trial, at }: Told,
  observed: ObservedService,
): Promise<void> {
  const { formula, repository } = observed.service;
  const deployed = parseFormulaId(formula);
  const proposed = own.find((each) => each.formula === deployed.name);
  if (proposed === undefined || candidatesPath(repository.path) !== candidatesPath(url)) return;
  const judged = new JudgedService(session, observed);
  await judged.verify();
  const announcement = {
    id: `${trial.fingerprint}-${observed.name}`,
    environment: session.environment.name,
    service: observed.name,
    formula,
    repository: url,
    deployed: deployed.revision,
    eligible: null,
    questionable: null,
    urgent: null,
    at,
    did: 'candidate',
    candidate: announced(proposed, trial.members),
  };
  await announcer.announce(announcement, judged.session.coordinator);
}

function announced(
  { key, revision, commit, url, title }: OpenCandidate,
  members: readonly OpenCandidate[],
): AnnouncedCandidate {
  const set = members.map((each) => ({
    id: each.id,
    formula: each.formula,
    revision: each.revision,
    commit: each.commit,
  }));
  return { change: key, revision, commit, url, title, set };
}
