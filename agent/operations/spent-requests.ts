import type { Operation } from '../../state/coordination/coordinator.js';
import { type Entity, readEntity } from '../../state/model/entity.js';
import { checkLife } from '../../state/model/incarnation.js';
import { paths } from '../../state/model/paths.js';
import {
  type Abort,
  type Resolved,
  abortSchema,
  flagSchema,
  resolvedSchema,
} from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import { takeOffFlag } from './commit-upgrade.js';
import type { Uses } from '../machine/parts.js';
import type { RelationErrors } from '../relation/failed-relations.js';
import type { RecordedUnit } from './recorded-unit.js';
import { targetOf } from './wanted-formula.js';

/** A unit of which something was asked. */
interface AskedUnit
  extends Pick<RecordedUnit, 'name' | 'record'>,
    Uses<'coordinator' | 'log' | 'services' | 'writer'> {
  readonly relations: { readonly errors: Pick<RelationErrors, 'isResolved' | 'wait'> };
  requests(): UnitRequests;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/** A request that has nothing left to ask; of a relation, by its number. */
type SpentRequest = 'upgrade' | 'resolved' | 'abort' | { readonly relation: string };

/** Takes what is spent of a unit's requests off the tree. */
export class SpentRequests {
  readonly #unit: AskedUnit;
  readonly #underWay = new Set<string>();

  constructor(unit: AskedUnit) {
    this.#unit = unit;
  }

  /** Each is taken off once at a time; what is asked meanwhile is looked at after it. */
  takeOff(): void {
    const unit = this.#unit;
    const seen = unit.requests();
    for (const request of spentRequests(unit)) {
      const key = JSON.stringify(request);
      if (this.#underWay.has(key)) continue;
      this.#underWay.add(key);
      takeOff(unit, request)
        .catch((error: unknown) =>
          unit.parts.log.error(`a spent request stays`, { unit: unit.name, request, error }),
        )
        .finally(() => {
          this.#underWay.delete(key);
          if (unit.requests() !== seen) unit.look();
        });
    }
  }
}

/**
 * Which of the unit's requests are spent: a flag for the formula it runs already, and a `resolved` that was honoured
 * or that finds no error. Left standing, the latter would resolve an error that nobody has seen yet.
 */
function spentRequests(unit: AskedUnit): readonly SpentRequest[] {
  const { upgrade, resolved, relations, abort } = unit.requests();
  const { formula, upgrade: underWay } = unit.record();
  const service = unit.parts.services.view(unit.record().service)?.service;
  const target = upgrade && targetOf(upgrade.value, service?.value.formula);
  const runsIt = underWay === null && formula !== null && formula.id === target;
  return [
    ...(upgrade !== undefined && runsIt ? (['upgrade'] as const) : []),
    ...(isSpent(unit, resolved) ? (['resolved'] as const) : []),
    ...(isAbortSpent(unit, abort) ? (['abort'] as const) : []),
    ...[...relations]
      .filter(([relation, { value }]) => unit.relations.errors.isResolved(relation, value.id))
      .map(([relation]) => ({ relation })),
  ];
}

/** Takes a spent request off the tree, unless it turns out to ask for something after all. */
async function takeOff(unit: AskedUnit, request: SpentRequest): Promise<void> {
  await unit.parts.writer.write(async () => {
    const operations = await operationsFor(unit, request);
    return operations.length === 0 ? [] : [...checkLife(unit.name, unit.record().incarnation), ...operations];
  });
}

async function operationsFor(unit: AskedUnit, request: SpentRequest): Promise<readonly Operation[]> {
  const { coordinator } = unit.parts;
  if (request === 'upgrade') {
    const { formula, service } = unit.record();
    return takeOffFlag(
      unit,
      formula?.id ?? '',
      await readEntity(coordinator, paths.upgrade(unit.name), flagSchema),
      await readEntity(coordinator, paths.service(service), serviceSchema),
    );
  }
  if (request === 'abort') {
    const path = paths.abort(unit.name);
    const abort = await readEntity(coordinator, path, abortSchema);
    return abort !== undefined && isAbortSpent(unit, abort)
      ? [{ kind: 'remove', path, version: abort.version }]
      : [];
  }
  const path =
    request === 'resolved' ? paths.resolved(unit.name) : paths.relationResolved(unit.name, request.relation);
  const resolved = await readEntity(coordinator, path, resolvedSchema);
  const spent =
    request === 'resolved'
      ? isSpent(unit, resolved)
      : resolved !== undefined && unit.relations.errors.isResolved(request.relation, resolved.value.id);
  return spent && resolved !== undefined ? [{ kind: 'remove', path, version: resolved.version }] : [];
}

/** It was honoured, or there is nothing (any more) that could be aborted. */
function isAbortSpent(unit: AskedUnit, abort: Entity<Abort> | undefined): boolean {
  const { hook, retry, abortedId } = unit.record();
  const findsNothing = hook === null && !retry && !unit.relations.errors.wait();
  return abort !== undefined && (abort.value.id === abortedId || findsNothing);
}

function isSpent(unit: AskedUnit, resolved: Entity<Resolved> | undefined): boolean {
  const { state, resolvedId, retry } = unit.record();
  const findsNothing = !isErrorState(state) && !retry;
  return resolved !== undefined && (resolved.value.id === resolvedId || findsNothing);
}
