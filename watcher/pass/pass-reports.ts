import { missingFormula, type Opened } from '../../control/newer/find-newer.js';
import type { Environment } from '../../state/environments/environment.js';
import { RepositoryNotFound, RepositoryUnavailable } from '../../state/formula/errors.js';
import type { Service } from '../../state/model/service-schemas.js';
import type { EnsembleError } from '../../state/platform/errors.js';
import { sentence } from '../contract/log.js';
import type { Pass } from '../contract/led.js';
import { reportId } from '../contract/report.js';
import { faultOf } from '../core/fault.js';
import type { Answer } from './answer.js';
import type { Judged } from './judge-service.js';
import type { ObservedService } from './observe.js';

/** When a look began: milliseconds since 1970, and since boot. */
export interface Began {
  readonly now: number;
  readonly monotonic: number;
}

/** What is done about services of which nothing can be said. */
const UNKNOWN = 'told that it is not known what is newer';

/** Reports that a repository answers otherwise than before. */
export function reportRepository(
  pass: Pass,
  repository: string,
  { outcome, ms, error, fault }: Answer,
): void {
  const isOk = outcome === 'ok';
  const isUnjudged = outcome === 'unjudged';
  const failed = isUnjudged ? 'it answers, and what it offers cannot be judged' : `it is ${outcome}`;
  send(
    pass,
    { now: pass.clock.now(), ms },
    {
      repository,
      asked: 'what the repository offers',
      found: isOk ? 'it answers again' : failed,
      did: isOk ? 'looked at its services' : isUnjudged ? UNKNOWN : 'left its services as they are known',
      outcome: isOk ? 'done' : 'failed',
      ...(fault !== undefined && { fault }),
      ...(error !== undefined && { error }),
    },
  );
}

/** Reports what was done about a service, where anything was; and that it cannot be judged, although its repository can. */
export function reportLook(
  pass: Pass,
  observed: ObservedService,
  opened: Opened,
  judged: Judged,
  began: Began,
): void {
  const { name, service } = observed;
  const { decision, seen, did } = judged;
  const { opinion } = seen;
  if ('why' in opinion) {
    if (!('why' in opened) && missingFormula(opened, service.formula) === undefined)
      reportUnjudged(pass, observed, opinion.why, began);
    return;
  }
  if (did.length === 0) return;
  const { deferred, fingerprint } = decision;
  const { eligible, questionable, urgent } = opinion;
  const words = Object.entries({ eligible, questionable, urgent }).flatMap(([word, revision]) =>
    revision === null ? [] : [`${word} ${revision}`],
  );
  send(
    pass,
    { now: began.now, ms: pass.clock.monotonic() - began.monotonic },
    {
      repository: service.repository.path,
      service: name,
      ...lifeOf(service),
      asked: `what is newer than ${service.formula}`,
      found: words.length === 0 ? 'nothing' : words.join(', '),
      did: [
        ...did,
        ...(deferred === undefined ? [] : [`left ${deferred.aim.formula} for later: ${deferred.why}`]),
      ].join('; '),
      outcome: deferred === undefined ? 'done' : 'deferred',
      ...(fingerprint !== undefined && { fingerprint }),
    },
  );
}

/** A name may be used again, and what is said of one service is not said of the next one of that name. */
function lifeOf({ incarnation }: Pick<Service, 'incarnation'>): { readonly incarnation?: string } {
  return incarnation === undefined ? {} : { incarnation };
}

function reportUnjudged(pass: Pass, { name, service }: ObservedService, why: string, began: Began): void {
  send(
    pass,
    { now: began.now, ms: pass.clock.monotonic() - began.monotonic },
    {
      repository: service.repository.path,
      service: name,
      ...lifeOf(service),
      asked: `what is newer than ${service.formula}`,
      found: 'it cannot be judged',
      did: UNKNOWN,
      outcome: 'failed',
      fault: 'infrastructure',
      error: why,
    },
  );
}

/** Services that a report about many of them names. */
const MOST_NAMED = 5;

/** What a report needs of a pass. */
export type Reporting = Pick<Pass, 'clock' | 'random' | 'reporter'> & {
  readonly session: { readonly environment: Pick<Environment, 'name'> };
};

/** A failure to see to a service. */
export interface FailedLook {
  readonly observed: Pick<ObservedService, 'name'> & {
    readonly service: Pick<Service, 'formula' | 'repository' | 'incarnation'>;
  };
  readonly error: EnsembleError;
  readonly began: Began;
}

/**
 * Reports the services of one repository that could not be seen to. What is the repository's is one failure, however many
 * services came from there.
 */
export function reportFailures(pass: Reporting, failed: readonly FailedLook[]): void {
  const ofRepository = failed.filter(({ error }) => isOfRepository(error));
  const [first] = ofRepository;
  if (first !== undefined && ofRepository.length > 1) reportTogether(pass, first, ofRepository);
  for (const each of failed)
    if (ofRepository.length < 2 || !isOfRepository(each.error)) reportFailure(pass, each);
}

function isOfRepository(error: EnsembleError): boolean {
  return error instanceof RepositoryUnavailable || error instanceof RepositoryNotFound;
}

function reportTogether(
  pass: Reporting,
  { observed, error, began }: FailedLook,
  failed: readonly FailedLook[],
): void {
  const names = failed.map(({ observed: { name } }) => name).sort();
  send(
    pass,
    { now: began.now, ms: pass.clock.monotonic() - began.monotonic },
    {
      repository: observed.service.repository.path,
      asked: 'what its services want of it',
      found: `it failed for ${failed.length} of them, such as ${names.slice(0, MOST_NAMED).join(', ')}`,
      did: 'left them for later',
      outcome: 'failed',
      fault: faultOf(error),
      error: sentence(error),
    },
  );
}

/** Reports that a service could not be seen to. */
function reportFailure(pass: Reporting, { observed: { name, service }, error, began }: FailedLook): void {
  send(
    pass,
    { now: began.now, ms: pass.clock.monotonic() - began.monotonic },
    {
      repository: service.repository.path,
      service: name,
      ...lifeOf(service),
      asked: `what is newer than ${service.formula}`,
      found: 'it could not be seen to',
      did: 'left it for later',
      outcome: 'failed',
      fault: faultOf(error),
      error: sentence(error),
    },
  );
}

function send(
  { reporter, random, session }: Reporting,
  { now, ms }: { readonly now: number; readonly ms: number },
  report: Omit<Parameters<Pass['reporter']['report']>[0], 'id' | 'at' | 'ms' | 'environment'>,
): void {
  reporter.report({
    id: reportId(now, random),
    at: new Date(now).toISOString(),
    ms: Math.round(ms),
    environment: session.environment.name,
    ...report,
  });
}
