import type { Coordinator } from '../../state/coordination/coordinator.js';
import { rolloutWords } from '../../state/formula/rollout-parameters.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { recordOperations } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { goalOf, isOpen, type Rollout, rolloutSchema, writeRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/schemas.js';
import { requireService } from '../../state/model/services.js';
import { type Begun, beginTo, type RolloutRequest } from './begin.js';
import { RolloutUnderWay } from './errors.js';

/**
 * The rollout that takes a service's units to the formula that the service is set to: one that is under way, or a new one.
 * One that failed is begun anew, and so is any by force.
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
    const planned = await planRollout(coordinator, service, value, standing?.value, request);
    if (planned.begun === undefined) {
      if (standing === undefined || planned.rollout === standing.value) return planned.rollout;
      await coordinator.transaction([
        ...writeRollout(service, standing, planned.rollout),
        ...(await recordOperations(coordinator, [service], asked)),
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
  const isSame =
    standing !== undefined &&
    isOpen(standing) &&
    goalOf(standing) === value.formula &&
    standing.revert !== true;
  if (isSame && standing.state !== 'failed' && !request.force) {
    requireAgreement(service, standing, request);
    const { 'allow-missing': missing } = request.parameters;
    if (missing === undefined || missing === standing.parameters['allow-missing'])
      return { rollout: standing };
    // It goes on without units that it waits for.
    return { rollout: { ...standing, parameters: { ...standing.parameters, 'allow-missing': missing } } };
  }
  const metadata = await requireMetadata(coordinator, value.formula);
  const from = isSame ? standing.from : (value.previous ?? value.formula);
  const goal = { from, to: value.formula, ...(isSame && { revertTo: standing.revertTo }) };
  const begun = await beginTo(coordinator, service, value, metadata, goal, request);
  return { rollout: begun.rollout, begun };
}

/** A second rollout that is to go otherwise is refused, while the first one is under way; but it may go on without units. */
export function requireAgreement(
  service: string,
  rollout: Rollout,
  { parameters }: Pick<RolloutRequest, 'parameters'>,
): void {
  for (const word of rolloutWords) {
    const asked = parameters[word];
    const has = rollout.parameters[word] ?? '';
    if (word === 'allow-missing' && rollout.parameters.strategy === 'lockstep') continue;
    if (asked !== undefined && asked !== has)
      throw new RolloutUnderWay({ service, to: rollout.to, word, has: has === '' ? 'as by default' : has });
  }
}
