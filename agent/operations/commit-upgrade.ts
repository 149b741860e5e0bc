import type { Operation } from '../../state/coordination/coordinator.js';
import { type Entity, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type Flag, flagSchema } from '../../state/model/request-schemas.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import type { UnitRequests } from '../../state/model/requests.js';
import { needsUpgrade } from '../../state/model/upgradable.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { MirrorOperations } from '../tree/mirror.js';
import type { Uses } from '../machine/parts.js';
import type { UnitReport } from '../report/unit-report.js';
import type { MovingUnit, RecordedUnit } from './recorded-unit.js';
import { enterStep, stepOf } from './upgrade.js';
import { targetOf } from './wanted-formula.js';

/** A unit whose upgrade is through but for the tree. */
export interface CommittingUnit extends MovingUnit, Uses<'coordinator' | 'log' | 'services' | 'writer'> {
  readonly report: Pick<UnitReport, 'facts' | 'known' | 'mirror'>;
  requests(): Pick<UnitRequests, 'upgrade'>;
}

/**
 * One transaction takes the flag off and sets the unit's formula, so that a crash in between loses no flag. A flag that
 * was set again meanwhile, for a formula that is newer still, stays: the unit upgrades once more.
 */
export async function commitUpgrade(unit: CommittingUnit): Promise<void> {
  const { to, failure, replaces } = await enterStep(unit, 'committing');
  const { coordinator, writer, services } = unit.parts;
  const { name } = unit;
  const serviceName = unit.record().service;
  await unit.report.known();
  // Built from the record that will be: in the tree first, since a restart in between commits once more.
  const facts = unit.report.facts(stepOf(unit, 'resuming'));
  if (facts === undefined) throw new Error('a unit whose node is known has no facts');
  // A unit that went back by itself has answered the flag for the formula that failed.
  const answered = failure === undefined ? to.id : (replaces?.id ?? to.id);
  const write = (operations: MirrorOperations): Promise<void> =>
    writer.write(async (tries) => {
      // The observed flag is mostly right. After a restart nothing was observed yet, and after a conflict only a new
      // reading is right.
      const seen = tries === 0 ? unit.requests().upgrade : undefined;
      const flag = seen ?? (await readEntity(coordinator, paths.upgrade(name), flagSchema));
      const service =
        (tries === 0 ? services.view(serviceName)?.service : undefined) ??
        (await readEntity(coordinator, paths.service(serviceName), serviceSchema));
      return [...takeOffFlag(unit, answered, flag, service), ...(await operations(tries))];
    });
  await unit.report.mirror.include(facts, (operations) =>
    betweenFaults('committing.tree', () => write(operations)),
  );
  unit.parts.log.info(`runs ${to.id}`, { unit: name });
}

/**
 * The operations that take the flag off, where it is answered by `formula`. That the service still points there is
 * checked in the same transaction: the flag that is seen may have been set again for something newer.
 */
export function takeOffFlag(
  unit: Pick<RecordedUnit, 'name' | 'record'>,
  formula: string,
  flag: Entity<Flag> | undefined,
  service: Entity<Service> | undefined,
): readonly Operation[] {
  const target = flag && targetOf(flag.value, service?.value.formula);
  if (flag === undefined || target === undefined || service === undefined || needsUpgrade(formula, target))
    return [];
  return [
    { kind: 'check', path: paths.service(unit.record().service), version: service.version },
    { kind: 'remove', path: paths.upgrade(unit.name), version: flag.version },
  ];
}
