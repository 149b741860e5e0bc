import { findingOf } from '../../control/newer/find-newer.js';
import { newerDocument } from '../../control/newer/newer-document.js';
import { withTrust } from '../../control/repositories/with-trust.js';
import { newerOperations } from '../../control/watching/write-newer.js';
import { mapBounded } from '../../state/formula/concurrency.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import type { Problem } from '../../state/model/entity.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Pass } from '../contract/led.js';
import { reportId } from '../contract/report.js';
import { poll, type Polled } from '../polling/poll.js';
import { observeServices, type ObservedService } from './observe.js';

/** Repositories that are asked at the same time. */
const AT_ONCE = 8;

/** Looks once at all environments that are led: each repository is asked once, however many services came from there. */
export async function runPass(passes: readonly Pass[]): Promise<void> {
  const observed = await Promise.all(
    passes.map(async (pass) => {
      const problems: Problem[] = [];
      const services = await observeServices(pass.session.coordinator, problems);
      for (const problem of problems)
        pass.log.warning('a node cannot be read, and is left alone', { ...problem });
      return { pass, services };
    }),
  );
  const places = new Map<string, string>();
  for (const { services } of observed)
    for (const { service } of services) places.set(placeOf(service.repository.path), service.repository.path);
  const [first] = passes;
  if (first === undefined) return;
  const polled = new Map(
    await mapBounded(
      [...places],
      AT_ONCE,
      async ([place, location]) => [place, await poll(location, first.clock)] as const,
    ),
  );
  for (const { pass, services } of observed)
    for (const each of services) await judge(pass, each, polled.get(placeOf(each.service.repository.path)));
}

/** What was found for one service is written where it is news. */
async function judge(pass: Pass, observed: ObservedService, polled: Polled | undefined): Promise<void> {
  const { session, reporter, clock, guard, random } = pass;
  const { name, service } = observed;
  if (polled === undefined) return;
  const began = clock.monotonic();
  const about = { id: reportId(clock.now(), random), at: new Date(clock.now()).toISOString() };
  const { trust } = session.environment;
  const opened =
    polled.outcome !== 'ok'
      ? { why: polled.error }
      : trust === undefined
        ? polled.repository
        : withTrust(polled.repository, trust);
  try {
    const entry = newerDocument([await findingOf(session.coordinator, name, service, opened)])[name];
    if (entry === undefined) return;
    const operations = await newerOperations(session.coordinator, name, entry, clock.now());
    if (operations.length === 0) return;
    await session.coordinator.transaction([guard, ...operations]);
    reporter.report({
      ...about,
      ms: Math.round(clock.monotonic() - began),
      environment: session.environment.name,
      repository: service.repository.path,
      service: name,
      asked: `what is newer than ${service.formula}`,
      found: entry.known
        ? `eligible ${entry.eligible ?? 'none'}, questionable ${entry.questionable ?? 'none'}`
        : 'unknown',
      did: 'told it in the state',
      outcome: entry.known ? 'done' : 'failed',
      ...(entry.why !== undefined && { fault: 'infrastructure', error: entry.why }),
    });
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    pass.log.warning('a service cannot be judged, and is looked at again', { service: name, error });
  }
}
