import type { Operation } from '../../state/coordination/coordinator.js';
import { findingOf, type Opened } from '../../control/newer/find-newer.js';
import { newerDocument } from '../../control/newer/newer-document.js';
import { newerOperations } from '../../control/watching/write-newer.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { readEntity } from '../../state/model/entity.js';
import { readHolds } from '../../state/model/read-holds.js';
import { readRollout } from '../../state/model/rollout.js';
import { paths } from '../../state/model/paths.js';
import { policyOf, policyText } from '../../state/model/upgrade-policy.js';
import { type WatcherFingerprint, watcherFingerprintSchema } from '../../state/model/watcher.js';
import { nodeValue } from '../../state/model/entity.js';
import { betweenFaults, faultPoint } from '../../state/platform/fault-points.js';
import type { Pass } from '../contract/led.js';
import { act, type Ports } from '../core/act.js';
import { decide, type Decision } from '../core/decide.js';
import { actsByItself, type Seen } from '../core/seen.js';
import { digestsOf } from './digests.js';
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
 * @throws EnsembleError where something could not be done; what was done before is stored
 */
export async function judgeService(
  pass: Pass,
  { name, service }: ObservedService,
  opened: Opened,
): Promise<Judged> {
  const { session, clock } = pass;
  const { coordinator } = session;
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
    formula: service.formula,
    opinion: finding.opinion,
    digests: 'why' in opened ? new Map() : digestsOf(opened, parseFormulaId(service.formula).name),
    policy,
    policyText: policyText(service.policy),
    holds,
    rollout: rollout?.value,
  };
  const did: string[] = [];
  const operations = entry === undefined ? [] : newerOperations(name, node, entry, now);
  if (operations.length > 0) {
    await betweenFaults('watcher.newer', () =>
      coordinator.transaction([{ kind: 'check', path: paths.service(name) }, ...operations]),
    );
    did.push('told it in the state');
  }
  const decision = decide(seen, fingerprint?.value, now);
  await faultPoint('watcher.decide.after');
  await act(
    decision,
    fingerprint?.value,
    portsOf(pass, seen, service.repository.path, did, fingerprint?.version),
  );
  return { decision, seen, did, waits: decision.deferred !== undefined };
}

function portsOf(
  pass: Pass,
  seen: Seen,
  repository: string,
  did: string[],
  version: number | undefined,
): Ports {
  const { session, announcer, clock } = pass;
  const { service, formula, opinion, policy } = seen;
  let stored = version;
  return {
    now: () => clock.now(),
    async announce(id) {
      if ('why' in opinion) return;
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
      await betweenFaults('watcher.announce', () => announcer.announce(announcement));
      did.push('announced it');
    },
    async stage(aim) {
      await betweenFaults('watcher.stage', () => stageFormula(pass, service, aim));
      did.push(`staged ${aim.formula}`);
    },
    async begin(aim) {
      await betweenFaults('watcher.begin', () => beginUpgrade(pass, service, aim));
      did.push(`began the rollout to ${aim.formula}`);
    },
    async store(done: WatcherFingerprint) {
      const path = paths.watcherFingerprint(service);
      const value = nodeValue(done);
      const write: Operation =
        stored === undefined
          ? { kind: 'create', path, value }
          : { kind: 'set', path, value, version: stored };
      await betweenFaults('watcher.store', () => session.coordinator.transaction([write]));
      stored = stored === undefined ? 0 : stored + 1;
    },
  };
}
