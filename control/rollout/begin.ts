import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import type { Metadata } from '../../state/formula/metadata.js';
import {
  mergedParameters,
  type RolloutParameters,
  type RolloutRules,
  rulesOf,
  shareOf,
} from '../../state/formula/rollout-parameters.js';
import { readEntity } from '../../state/model/entity.js';
import { UnitNotFound } from '../../state/model/errors.js';
import { requireFeature } from '../../state/model/features.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { beginRollout, isOpen, type Rollout, rolloutSchema } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { unitsOfService } from '../../state/model/services.js';
import { RolloutUnderWay, UnitOfOtherService } from '../errors.js';
import { refuseAskedTogether, refuseContradictions } from './contradictions.js';
import { type Asking, askedWith, RolloutImpossible } from './errors.js';
import { lastCompleted } from './last-completed.js';

/** What somebody asks for whose request begins a rollout. */
export interface RolloutRequest {
  /** Of the command line, which win over the service's and the formula's own. */
  readonly parameters: RolloutParameters;
  readonly force: boolean;
  readonly revertOnError: boolean;
  readonly by: Requester;
  /** Nobody asked for it: what failed of its formula before still counts. */
  readonly isAutomatic?: boolean | undefined;
}

/** A rollout that is about to begin: what is written of it with the service. */
export interface Begun {
  readonly rollout: Rollout;
  readonly operations: readonly Operation[];
  /** What new units of the service install until the canary is promoted. */
  readonly startWith?: string;
}

/** Parameters as a rollout of this service takes them, its strategy always named. */
export function parametersFor(
  service: Pick<Service, 'rollout'>,
  { rollout }: Pick<Metadata, 'rollout'>,
  asked: RolloutParameters,
  units: number,
): RolloutParameters {
  const merged = mergedParameters(rollout, service.rollout, asked);
  return { strategy: units > 1 ? 'rolling' : 'all', ...merged };
}

/** @throws RolloutImpossible, RolloutContradiction, UnitNotFound, UnitOfOtherService */
export function checkParameters(
  service: string,
  parameters: RolloutParameters,
  units: readonly string[],
  asking: Asking,
): RolloutRules {
  refuseContradictions(service, parameters, asking);
  const rules = rulesOf(parameters);
  const { canary } = rules;
  if (typeof canary !== 'number') {
    for (const unit of canary) {
      if (serviceOfUnit(unit) !== service) throw new UnitOfOtherService({ unit, service });
      if (!units.includes(unit)) throw new UnitNotFound({ unit });
    }
  } else if (units.length > 0 && canary > units.length)
    throw new RolloutImpossible({
      service,
      why: `a canary of ${canary} is larger than the service, which has ${units.length} ${units.length === 1 ? 'unit' : 'units'}`,
      instead: askedWith(service, asking, asking.command === 'set-rollout' ? 'canary=1' : '--canary 1'),
    });
  return rules;
}

/** A way on which no other service is made. @throws RolloutImpossible where a clone is asked for all the same */
function inPlace(
  service: string,
  parameters: RolloutParameters,
  asked: RolloutParameters,
  units: number,
  asking: Asking,
): RolloutParameters {
  if (parameters.strategy !== 'clone') return parameters;
  if (asked.strategy === 'clone')
    throw new RolloutImpossible({
      service,
      why: 'a clone is made of a newer revision only, and the service is to stay what it is',
      instead: askedWith(service, asking, '--strategy rolling'),
    });
  return { ...parameters, strategy: units > 1 ? 'rolling' : 'all' };
}

/** What is promoted is done before something else begins. @throws RolloutUnderWay */
function refusePromoted(service: string, rollout: Rollout): void {
  if (rollout.clone !== undefined && rollout.promoted === true && isOpen(rollout))
    throw new RolloutUnderWay({ service, to: rollout.to, word: 'strategy', has: 'clone' });
}

/**
 * A rollout of a service to another formula, in the place of the one before.
 * @param goal `to`, and for a way back `revert`
 * @throws RolloutImpossible, UnitNotFound, UnitOfOtherService, FeatureOff, NodeInvalid
 */
export async function beginTo(
  coordinator: Coordinator,
  name: string,
  service: Service,
  metadata: Pick<Metadata, 'rollout'>,
  goal: {
    readonly from: string;
    readonly to: string;
    readonly revert?: boolean;
    readonly revertTo?: string;
  },
  { parameters: asked, force, revertOnError, by, isAutomatic }: RolloutRequest,
): Promise<Begun> {
  const [standing, units] = await Promise.all([
    readEntity(coordinator, paths.rollout(name), rolloutSchema),
    unitsOfService(coordinator, name),
  ]);
  const { from, to, revert = false } = goal;
  if (standing !== undefined) refusePromoted(name, standing.value);
  const asking: Asking = revert ? { command: 'revert-formula' } : { command: 'upgrade-formula', to };
  refuseAskedTogether(name, asked, asking);
  const wanted = parametersFor(service, metadata, asked, units.length);
  const merged = inPlace(name, wanted, asked, units.length, asking);
  // A way back has neither canary nor pauses, whatever the way there had.
  const { 'pause-after': _pause, 'on-failure': _failure, ...back } = merged;
  const parameters = revert ? back : merged;
  const rules = checkParameters(name, parameters, units, asking);
  const size = rules.strategy !== 'rolling' ? units.length : shareOf(rules.maxParallel, units.length, 1);
  const before = standing?.value;
  // Where the service is there already, it was set so before.
  const completed = to === service.formula ? from : lastCompleted(service, before);
  const revertTo = revert ? to : (goal.revertTo ?? completed);
  const hasCanary = !revert && (typeof rules.canary === 'number' ? rules.canary > 0 : true);
  if (hasCanary) await requireFeature(coordinator, 'canary');
  if (rules.strategy === 'lockstep') await requireFeature(coordinator, 'lockstep');
  const { rollout, operations } = beginRollout(
    name,
    standing,
    {
      from,
      to,
      revertTo,
      by: by.by,
      requestedAt: by.requestedAt,
      parameters,
      state: revert ? 'reverting' : 'running',
      stateSince: by.requestedAt,
      countedFrom: by.requestedAt,
      ...(force && { force }),
      ...(revertOnError && { revertOnError }),
      ...(revert && { revert }),
      ...(rules.pauseAfter !== 'none' && !revert && { allowed: size }),
    },
    isAutomatic,
  );
  // In lockstep a new unit begins with what the others run, until all resume with the other formula.
  const together = rules.strategy === 'lockstep';
  const startWith = hasCanary || (together && !revert) ? revertTo : together ? from : undefined;
  return { rollout, operations, ...(startWith !== undefined && startWith !== to && { startWith }) };
}
