import type { UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { UnitRecord } from '../journal/record.js';
import type { ServiceView } from '../tree/services.js';
import { failedConfig } from '../report/config-progress.js';
import type { Lockstep } from '../postpone/lockstep.js';
import type { WantedFormula, Intent } from '../contract/operations.js';
import { wantedFormula } from '../operations/wanted-formula.js';

export const noIntent: Intent = {
  removal: false,
  configure: false,
  reconfigure: false,
  resolved: undefined,
  upgrade: undefined,
  leave: 'nothing',
  postponed: false,
  asks: false,
  asksForOther: false,
  checksHealth: false,
  gated: false,
  verdict: undefined,
  upgradesFirst: false,
  relate: false,
  run: false,
};

/** Of a unit that goes for itself. */
const alone: Pick<Lockstep, 'stands' | 'verdict'> = { stands: () => false, verdict: () => undefined };

/**
 * Computes what is wanted of a unit from the whole of what is known, so that it does not matter which change was seen
 * and how often.
 * @param relate whether a relation hook is due
 * @param run whether an operator's command is due
 * @param leave how far the unit is in leaving what the wanted formula lacks
 * @param postponed whether the unit is busy, so that the upgrade has to wait
 * @param upgradesFirst whether `start` waits for the upgrade
 * @param asks whether the formula in place, or the units related to this one, are to be asked first
 * @param checksHealth whether the formula in place is to be asked for the unit's health
 * @param lockstep how it waits for the others of its service
 * @param asksForOther whether the formula in place is to be asked about the upgrade of a related unit
 * @param digest of the effective config, or undefined while that is not known
 */
export function computeIntent(
  record: UnitRecord,
  requests: UnitRequests,
  view: ServiceView | undefined,
  digest: string | undefined,
  relate: boolean,
  run: boolean,
  leave: (wanted: WantedFormula | undefined) => Intent['leave'] = () => 'nothing',
  postponed: (wanted: WantedFormula | undefined) => boolean = () => false,
  upgradesFirst: (wanted: WantedFormula | undefined, postponed: boolean) => boolean = () => false,
  asks: (wanted: WantedFormula | undefined) => boolean = () => false,
  checksHealth = false,
  lockstep: Pick<Lockstep, 'stands' | 'verdict'> = alone,
  asksForOther = false,
): Intent {
  const { upgrade, resolved, removal } = requests;
  const wanted = wantedFormula(record, upgrade?.value, view?.service?.value.formula);
  const isPostponed = postponed(wanted);
  return {
    removal: removal !== undefined,
    configure: digest !== undefined && digest !== record.configDigest,
    reconfigure: digest !== undefined && isErrorState(record.state) && isNewer(digest, failedConfig(record)),
    resolved:
      resolved === undefined || resolved.value.id === record.resolvedId
        ? undefined
        : resolved.value.retry
          ? 'retry'
          : 'done',
    leave: leave(wanted),
    postponed: isPostponed,
    asks: asks(wanted),
    asksForOther,
    checksHealth,
    gated: lockstep.stands(wanted),
    verdict: lockstep.verdict(),
    upgradesFirst: upgradesFirst(wanted, isPostponed),
    relate,
    run,
    upgrade: wanted && { ...wanted, asked: upgrade?.version ?? 0 },
  };
}

/** Where it is not known for which config the unit is in error, none is taken for another one. */
function isNewer(digest: string, failed: string | null): boolean {
  return failed !== null && failed !== digest;
}
