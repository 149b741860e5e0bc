import type { Operation } from '../../state/coordination/coordinator.js';
import { findingOf, type Opened } from '../../control/newer/find-newer.js';
import { newerDocument } from '../../control/newer/newer-document.js';
import { newerOperations } from '../../control/watching/write-newer.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { readEntity } from '../../state/model/entity.js';
import { readHolds } from '../../state/model/read-holds.js';
import { readRollout } from '../../state/model/rollout.js';
import { paths } from '../../state/model/paths.js';
import type { Service } from '../../state/model/service-schemas.js';
import { policyOf, policyText } from '../../state/model/upgrade-policy.js';
import { type WatcherFingerprint, watcherFingerprintSchema } from '../../state/model/watcher.js';
import { nodeValue } from '../../state/model/entity.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { betweenFaults, faultPoint } from '../../state/platform/fault-points.js';
import type { Pass } from '../contract/led.js';
import { act, type Ports } from '../core/act.js';
import { decide, type Decision } from '../core/decide.js';
import { actsByItself, type Seen } from '../core/seen.js';
import { digestsOf } from './digests.js';
import { JudgedService } from './judged-service.js';
import type { ObservedService } from './observe.js';
import { beginUpgrade, stageFormula } from './perform.js';

/** What was done about a service, and why not more. */
export interface Judged {
  readonly decision: Decision;
  /** The policy wants something that is not done yet: it is looked at again in each pass. */
  readonly waits: boolean;
  readonly seen: Seen;
  /** In words: `told it`, `began the rollout to …`. */
  readonly did: readonly string[];
}

/**
 * Finds what is newer for a service, tells it in the state where it is news, and does what its policy wants.
 * @param opened the service's repository, or why it cannot be asked
 * @throws NotAsJudged where the service became another meanwhile; EnsembleError where something could not be done; what was done before is stored
 */
export async function judgeService(pass: Pass, observed: ObservedService, opened: Opened): Promise<Judged> {
  const { session, clock } = pass;
  const { coordinator } = session;
  const { name, service } = observed;
  const judged = new JudgedService(session, observed);
  const now = clock.now();
  const [finding, node] = await Promise.all([
    findingOf(coordinator, name, service, opened),
    coordinator.get(paths.newer(name)),
  ]);
  const entry = newerDocument([finding])[name];
  const policy = policyOf(service.policy);
  const acts = actsByItself({ policy });
  const [fingerprint, holds, rollout] = await Promise.all([
    readEntity(coordinator, paths.watcherFingerprint(name), watcherFingerprintSchema),
    acts ? readHolds(coordinator, name, now) : [],
    acts ? readRollout(coordinator, name) : undefined,
  ]);
  const seen: Seen = {
    service: name,
    life: service.incarnation,
    formula: service.formula,
    opinion: finding.opinion,
    digests: 'why' in opened ? new Map() : digestsOf(opened, parseFormulaId(service.formula).name),
    policy,
    policyText: policyText(service.policy),
    holds,
    rollout: rollout?.value,
  };
  const did: string[] = [];
  const operations =
    entry === undefined
      ? []
      : newerOperations(name, node, entry, now, !('why' in opened) || opened.answered === true);
  if (operations.length > 0) {
    await betweenFaults('watcher.newer', () => judged.session.coordinator.transaction(operations));
    did.push('told it in the state');
  }
  const stored = ofThisLife(fingerprint?.value, service);
  const decision = decide(seen, stored, now);
  await faultPoint('watcher.decide.after');
  const ports = portsOf(pass, judged, seen, service.repository.path, did, fingerprint?.version);
  try {
    await act(decision, stored, ports);
  } catch (error) {
    // What fails for a service that became another is no failure of it.
    if (error instanceof EnsembleError && !pass.over.aborted) await judged.verify();
    throw error;
  }
  return { decision, seen, did, waits: decision.deferred !== undefined };
}

/** What was done for an earlier service of that name was not done for this one. */
function ofThisLife(
  stored: WatcherFingerprint | undefined,
  { incarnation }: Service,
): WatcherFingerprint | undefined {
  return stored?.incarnation === undefined || stored.incarnation === incarnation ? stored : undefined;
}

/** Each step is done for the service as it was judged, and for no other. */
function portsOf(
  pass: Pass,
  judged: JudgedService,
  seen: Seen,
  repository: string,
  did: string[],
  version: number | undefined,
): Ports {
  const { session, announcer, clock } = pass;
  const { service, life, formula, opinion, policy } = seen;
  const ofJudged = { ...pass, session: judged.session };
  let stored = version;
  return {
    now: () => clock.now(),
    async announce(id) {
      if ('why' in opinion) return;
      await judged.verify();
      const { deployed, eligible, questionable, urgent } = opinion;
      const announcement = {
        id,
        environment: session.environment.name,
        service,
        formula,
        repository,
        deployed,
        eligible,
        questionable,
        urgent,
        at: new Date(clock.now()).toISOString(),
        did: policy.mode,
      };
      await betweenFaults('watcher.announce', () =>
        announcer.announce(announcement, judged.session.coordinator),
      );
      did.push('announced it');
    },
    async stage(aim) {
      await judged.verify();
      await betweenFaults('watcher.stage', () => stageFormula(ofJudged, service, aim));
      did.push(`staged ${aim.formula}`);
    },
    async begin(aim) {
      await judged.verify();
      await betweenFaults('watcher.begin', () => beginUpgrade(ofJudged, service, aim));
      did.push(`began the rollout to ${aim.formula}`);
    },
    async store(done: WatcherFingerprint) {
      const path = paths.watcherFingerprint(service);
      const value = nodeValue({ ...done, ...(life !== undefined && { incarnation: life }) });
      const write: Operation =
        stored === undefined
          ? { kind: 'create', path, value }
          : { kind: 'set', path, value, version: stored };
      await betweenFaults('watcher.store', () => judged.session.coordinator.transaction([write]));
      stored = stored === undefined ? 0 : stored + 1;
    },
  };
}
