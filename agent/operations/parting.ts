import { type Entity, readEntity } from '../../state/model/entity.js';
import type { BlockerWords } from '../../state/model/blocker.js';
import { paths } from '../../state/model/paths.js';
import { type Flag, flagSchema } from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { WantedFormula, Intent } from '../contract/operations.js';
import type { Uses } from '../machine/parts.js';
import type { UnitRelations } from '../relation/unit-relations.js';
import type { RecordedUnit } from './recorded-unit.js';
import { targetOf } from './wanted-formula.js';

/** A unit that leaves relations before its upgrade. */
interface PartingUnit extends RecordedUnit, Uses<'coordinator' | 'formulas' | 'log'> {
  readonly relations: Pick<UnitRelations, 'all' | 'due' | 'lacking' | 'leave' | 'leaveTill' | 'runNext'>;
  intent(): Pick<Intent, 'upgrade'>;
  /** True if this agent has let go of the unit. */
  isStopped(): boolean;
}

/**
 * How a unit leaves the relations whose endpoints a wanted formula lacks: before its upgrade goes ahead, with the hooks of
 * the formula in place, as the new one has none. Up to then the unit runs on, and the upgrade can be called off: it then
 * joins them again. For whose sake it leaves is journalled before it does, so that it does not come back in between.
 */
export class Parting {
  readonly #unit: PartingUnit;
  #asking = false;

  constructor(unit: PartingUnit) {
    this.#unit = unit;
  }

  /** @see Intent.leave */
  stands(wanted: WantedFormula | undefined): Intent['leave'] {
    const { parts, relations } = this.#unit;
    if (wanted === undefined) return 'nothing';
    const endpoints = parts.formulas.known(wanted.to)?.endpoints;
    // Preparing the upgrade finds it.
    if (endpoints === undefined) return 'waits';
    const lacking = relations.lacking(endpoints);
    if (lacking.length === 0) return 'nothing';
    const allLeft = lacking.every(({ queue }) => queue.leaving);
    return allLeft && this.#unit.record().leavingFor === wanted.to && !relations.due(lacking)
      ? 'waits'
      : 'due';
  }

  /** Begins to leave, and runs the next hook that is due of what is left. */
  async next(): Promise<void> {
    const unit = this.#unit;
    const { hook, leavingFor } = unit.record();
    const underWay = unit.relations.all().filter(({ relation }) => relation === hook?.relation);
    if (underWay.length > 0) return unit.relations.runNext(underWay);
    const to = unit.intent().upgrade?.to ?? leavingFor;
    if (to === undefined || to === null) return;
    const { endpoints } = await unit.parts.formulas.find(to);
    await unit.save({ leavingFor: to });
    unit.relations.leave(unit.relations.lacking(endpoints));
    await unit.relations.runNext(unit.relations.lacking(endpoints));
  }

  /** True if something is to be left before the unit has this formula, which was found. */
  mustLeave(to: string): boolean {
    const endpoints = this.#unit.parts.formulas.known(to)?.endpoints ?? [];
    return this.#unit.relations.lacking(endpoints).length > 0;
  }

  /** Leaves what was joined at the last moment, when the upgrade was about to go ahead. */
  async leave(to: string): Promise<void> {
    const { parts, relations } = this.#unit;
    const { endpoints } = await parts.formulas.find(to);
    this.#unit.note({ leavingFor: to });
    await relations.leaveTill(() => relations.lacking(endpoints));
  }

  /** Why the upgrade does not go ahead yet, in an operator’s words; nothing where it waits for something else. */
  blockers(): readonly BlockerWords[] {
    const { leavingFor, unit } = this.#unit.record();
    const endpoints = leavingFor ? this.#unit.parts.formulas.known(leavingFor)?.endpoints : undefined;
    if (endpoints === undefined) return [];
    return this.#unit.relations.lacking(endpoints).map((record) => blockerOf(unit, `${leavingFor}`, record));
  }

  /** Joins again what was left for an upgrade that nobody wants any more. */
  lookWhetherCalledOff(wanted: WantedFormula | undefined): void {
    const unit = this.#unit;
    const { leavingFor = null } = unit.record();
    if (leavingFor === null || wanted?.to === leavingFor || this.#asking || unit.isStopped()) return;
    this.#asking = true;
    this.#isCalledOff(leavingFor)
      .then((isOff) => (isOff ? unit.save({ leavingFor: null }) : undefined))
      .catch((error: unknown) =>
        unit.parts.log.error('whether the upgrade is still wanted is not known', { unit: unit.name, error }),
      )
      .finally(() => {
        this.#asking = false;
      });
  }

  /** After a restart the requests may not have been read yet, so that none is seen where one stands. */
  async #isCalledOff(leavingFor: string): Promise<boolean> {
    const { parts, name } = this.#unit;
    const flag: Entity<Flag> | undefined = await readEntity(
      parts.coordinator,
      paths.upgrade(name),
      flagSchema,
    );
    const path = paths.service(this.#unit.record().service);
    const service = await readEntity(parts.coordinator, path, serviceSchema);
    return flag === undefined || targetOf(flag.value, service?.value.formula) !== leavingFor;
  }
}

function blockerOf(unit: string, formula: string, { identifier, error }: RelationRecord): BlockerWords {
  const left = `relation ${identifier}, which ${formula} lacks,`;
  const who = `relation ${identifier}`;
  if (error === null) {
    const ends = 'it goes on by itself when the hooks of that are through';
    return { kind: 'relation', who, reason: `${left} is left first`, ends };
  }
  const brief = `${left} is to be left first and is in error`;
  const ends = `ensemble resolved --retry ${unit} ${identifier}`;
  return { kind: 'relation-error', who, reason: `${brief}: ${ends}`, brief, ends };
}
