import type { Coordinator } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { recordOperations } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { goalOf, isOpen, type Rollout, rolloutSchema, writeRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService } from '../../state/model/services.js';
import { askRollout } from './ask-rollout.js';
import { type Begun, beginTo, type RolloutRequest } from './begin.js';
import { changedRollout } from './change-rollout.js';
import { requireRollout } from './read-rollout.js';

/**
 * The rollout that takes a service's units to the formula that the service is set to: one that is under way, or a new one.
 * One that failed is begun anew, and so is any by force. A way back there is gone on with: no rollout forward takes units to
 * an earlier revision.
 * @param own the id of a rollout that the same request began already
 * @param asked goes on the service's record with one that begins
 * @throws RolloutUnderWay where what is asked contradicts one that is under way; as `beginTo`
 */
export async function ensureRollout(
  coordinator: Coordinator,
  service: string,
  request: RolloutRequest,
  own: string | undefined,
  asked: HistoryEntry,
): Promise<Rollout> {
  return retryOnConflict(`rollout of ${service}`, async () => {
    const [{ value, version }, standing] = await Promise.all([
      requireService(coordinator, service),
      readEntity(coordinator, paths.rollout(service), rolloutSchema),
    ]);
    if (standing !== undefined && standing.value.id === own) return standing.value;
    if (standing !== undefined && isWayTo(value, standing.value) && standing.value.revert === true)
      return standing.value.state === 'failed'
        ? askRollout(coordinator, service, 'retry', request.by, '')
        : standing.value;
    const planned = await planRollout(coordinator, service, value, standing?.value, request);
    if (planned.begun === undefined) {
      if (standing === undefined || planned.rollout === standing.value) return planned.rollout;
      await coordinator.transaction([
        ...writeRollout(service, standing, planned.rollout),
        ...(await recordOperations(coordinator, [service], saying(asked, request.parameters))),
      ]);
      return planned.rollout;
    }
    const { begun } = planned;
    const { startWith: _startWith, ...rest } = value;
    const next = { ...rest, ...(begun.startWith !== undefined && { startWith: begun.startWith }) };
    await coordinator.transaction([
      // It is the formula as it was read that the rollout leads to.
      begun.startWith === value.startWith
        ? { kind: 'check', path: paths.service(service), version }
        : { kind: 'set', path: paths.service(service), value: nodeValue(next), version },
      ...begun.operations,
      ...(await recordOperations(coordinator, [service], asked)),
    ]);
    return begun.rollout;
  });
}

/** Whether a rollout that is not over leads where its service is set to. */
function isWayTo({ formula }: Service, standing: Rollout): boolean {
  return isOpen(standing) && goalOf(standing) === formula;
}

/** What is said anew of a rollout that is under way goes on the record. */
function saying(asked: HistoryEntry, parameters: RolloutRequest['parameters']): HistoryEntry {
  const words = Object.entries(parameters).map(([word, text]) => `${word} ${text}`);
  return { ...asked, message: words.join(', ') };
}

/**
 * The rollout that takes a service's units to the formula that it is set to, before anything of it is written.
 * @param standing the service's rollout
 * @returns with `begun` where it is a new one; the standing one itself where it goes on as it is
 * @throws as `ensureRollout`
 */
export async function planRollout(
  coordinator: Coordinator,
  service: string,
  value: Service,
  standing: Rollout | undefined,
  request: RolloutRequest,
): Promise<{ readonly rollout: Rollout; readonly begun?: Begun }> {
  const isSame = standing !== undefined && isWayTo(value, standing) && standing.revert !== true;
  if (isSame && standing.state !== 'failed' && !request.force) {
    const { decision } = await requireRollout(coordinator, service, Date.parse(request.by.requestedAt));
    return { rollout: changedRollout(service, standing, request.parameters, decision.units) };
  }
  const metadata = await requireMetadata(coordinator, value.formula);
  const from = isSame ? standing.from : (value.previous ?? value.formula);
  const goal = { from, to: value.formula, ...(isSame && { revertTo: standing.revertTo }) };
  const begun = await beginTo(coordinator, service, value, metadata, goal, request);
  return { rollout: begun.rollout, begun };
}
