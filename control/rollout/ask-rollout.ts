import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { VersionConflict } from '../../state/coordination/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { recordOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { holdText, holdsForAll, longestHold } from '../../state/model/hold.js';
import { paths } from '../../state/model/paths.js';
import { readHolds } from '../../state/model/read-holds.js';
import type { Requester } from '../../state/model/requester.js';
import { goalOf, type Rollout, writeRollout } from '../../state/model/rollout.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { requireService } from '../../state/model/services.js';
import { unholdCommand } from '../hold/errors.js';
import { requestResolved } from '../unit/resolve.js';
import { RolloutRefuses } from './errors.js';
import type { Judged } from './judge.js';
import { startOperations } from './perform.js';
import { requireRollout } from './read-rollout.js';
import type { RolloutUnit } from './rollout-unit.js';
import { TurnedMeanwhile, turnBack } from './turn-back.js';
import { afterVerb, type RolloutVerb, type VerbRequest } from './verbs.js';
import { FLAGS_PER_WRITE, flagOf } from './written.js';

/**
 * Asks something of a service's rollout. It is on the service's record where it stands.
 * @param reason why, for those who meet it
 * @param options with `promote` of a clone. `keep`: the service that was cloned stays; `force`: also where the clone has fewer
 *   units than that one
 * @returns the rollout as it is then
 * @throws ServiceNotFound, NoRollout, RolloutRefuses
 */
export async function askRollout(
  coordinator: Coordinator,
  service: string,
  verb: RolloutVerb,
  requester: Requester,
  reason: string,
  options: Pick<VerbRequest, 'keep' | 'force'> = {},
): Promise<Rollout> {
  const { by, requestedAt } = requester;
  const now = Date.parse(requestedAt);
  const message = reason === '' ? verb : `${verb}: ${reason}`;
  // A way back is on record as one, whichever command asked for it.
  const asked = requestEntry(
    requester,
    verb === 'revert'
      ? { what: 'revert', ...(reason !== '' && { message: reason }) }
      : { what: 'rollout', message },
  );
  return retryOnConflict(`rollout of ${service}`, async () => {
    const { rollout, decision } = await requireRollout(coordinator, service, now);
    // An earlier try of this request went through, though its answer was lost.
    if (rollout.value.stateSince === requestedAt && rollout.value.stateBy === by) return rollout.value;
    const next = afterVerb(verb, rollout.value, decision.units, {
      now,
      by,
      reason,
      ...options,
      lacks: decision.lacks,
    });
    if ('refused' in next)
      throw new RolloutRefuses({
        service,
        verb: VERBS[verb],
        why: next.refused,
        instead: next.instead ?? 'status',
        command: next.command,
      });
    const { rollout: after } = next;
    if (rollout.value.clone !== undefined) await requireUnhindered(coordinator, service, verb, after, now);
    if (verb === 'revert') {
      await turnBack({ coordinator }, service, rollout, reason, now, by, asked).catch((error: unknown) => {
        throw error instanceof TurnedMeanwhile ? new VersionConflict({ path: error.path }) : error;
      });
      return after;
    }
    const failed = decision.units.filter(({ standing }) => standing === 'failed');
    if (verb === 'retry') await resolveFailed(coordinator, after, failed, requester);
    await coordinator.transaction([
      ...writeRollout(service, rollout, after),
      ...(verb === 'promote' ? await startOperations(coordinator, service) : []),
      ...(verb === 'retry' ? await askFailed(coordinator, after, failed, now) : []),
      ...(await recordOperations(coordinator, [service], asked)),
    ]);
    return after;
  });
}

/** The verbs as the sentence `the rollout cannot …` says them. */
const VERBS: Readonly<Record<RolloutVerb, string>> = {
  pause: 'pause',
  resume: 'resume',
  promote: 'be promoted',
  abort: 'be aborted',
  revert: 'go back',
  retry: 'try again',
};

/**
 * Whoever holds a service or a unit does not want it to go for its clone either; and one that goes already does not stay.
 * @throws RolloutRefuses
 */
async function requireUnhindered(
  coordinator: Coordinator,
  service: string,
  verb: RolloutVerb,
  { promoted }: Rollout,
  now: number,
): Promise<void> {
  const refuse = (why: string): RolloutRefuses =>
    new RolloutRefuses({ service, verb: VERBS[verb], why, instead: 'status' });
  if (verb === 'promote') {
    const holds = holdsForAll(await readHolds(coordinator, service, now));
    const hold = longestHold(holds);
    if (hold !== undefined)
      throw refuse(
        `${hold.unit ?? service} would go, and is ${holdText(hold)}; what ends that: ${unholdCommand(service, holds)}`,
      );
  }
  if (verb === 'abort' && promoted === true) {
    const { value } = await requireService(coordinator, service);
    if (value.destroying === true) throw refuse('the service goes already, and its clone is in its place');
  }
}

/** The operations that ask units once more whose upgrade failed, over the error that they are in. */
async function askFailed(
  coordinator: Coordinator,
  rollout: Rollout,
  failed: readonly Judged[],
  now: number,
): Promise<readonly Operation[]> {
  const goal = goalOf(rollout);
  // A clone's units are asked for nothing but what they have: they are no units of the service.
  const asked =
    rollout.clone !== undefined
      ? []
      : failed.filter(({ unit }) => isAskedByFlag(unit, goal)).slice(0, FLAGS_PER_WRITE);
  const nodes = await coordinator.getMany(asked.map(({ unit }) => paths.upgrade(unit.name)));
  return asked.map(({ unit }, index): Operation => {
    const path = paths.upgrade(unit.name);
    const value = nodeValue({ ...flagOf(rollout, unit, now), force: true });
    const version = nodes[index]?.version;
    return version === undefined ? { kind: 'create', path, value } : { kind: 'set', path, value, version };
  });
}

/**
 * True if a flag has a unit that failed try again: it is not where it was to go, or on its way there. A unit that went back from an
 * upgrade which it had not completed counts as being on the formula all the while.
 */
function isAskedByFlag({ formula, state, upgrade }: RolloutUnit, goal: string): boolean {
  const isOnWay = state === 'upgrade-error' && upgrade?.to === goal && upgrade.step !== 'resuming';
  return formula !== goal || isOnWay;
}

/** Units that have the formula, and failed with it, run the hook that failed again. */
async function resolveFailed(
  coordinator: Coordinator,
  rollout: Rollout,
  failed: readonly Judged[],
  requester: Requester,
): Promise<void> {
  const goal = goalOf(rollout);
  const stuck = failed.filter(
    ({ unit }) => (rollout.clone !== undefined || !isAskedByFlag(unit, goal)) && isErrorState(unit.state),
  );
  await Promise.all(stuck.map(({ unit }) => requestResolved(coordinator, unit.name, true, requester)));
}
